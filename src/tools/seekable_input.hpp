#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/result.hpp>

#include <filesystem>
#include <string>

namespace rtpproxy {

/// A file that can be read several times. What comes from a pipe or a terminal is copied into memory first.
class seekable_input {
  public:
    /// Opens `path`, or copies all of it when it is not a regular file: at most 2 GiB.
    /// @returns a message with the file's name when that fails.
    [[nodiscard]] static boost::system::result<seekable_input, std::string> open(
        const std::filesystem::path& path);

    /// A path to read from the beginning, valid as long as this object is.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
    unique_fd copy_;
};

}  // namespace rtpproxy
