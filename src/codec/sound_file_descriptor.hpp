#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/result.hpp>

#include <filesystem>
#include <string>

namespace rtpproxy {

/// Opens a regular file for reading; else a message with its name. Does not wait for the writer of a pipe.
[[nodiscard]] boost::system::result<unique_fd, std::string> open_regular_file(
    const std::filesystem::path& path);

/// `file` itself when it is a regular file, else a message.
[[nodiscard]] boost::system::result<unique_fd, std::string> require_regular_file(unique_fd file,
                                                                                 const std::string& name);

}  // namespace rtpproxy
