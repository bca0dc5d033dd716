#pragma once

#include "rtpproxy/capture/capture_reader.hpp"

#include <boost/system/result.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace rtpproxy {

/// A capture file that is read packet by packet.
class capture_input {
  public:
    struct failure {
        std::string message;     ///< for people, with the file's name and the offset
        bool truncated = false;  ///< the file ends within a packet
    };
    using next_packet = boost::system::result<std::optional<captured_packet>, failure>;

    /// @returns a message when the file cannot be opened.
    [[nodiscard]] static boost::system::result<capture_input, std::string> open(
        const std::filesystem::path& path);

    /// The next datagram; nothing at the end. Its payload is valid until the next call.
    [[nodiscard]] next_packet next();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] const skipped_packets& skipped() const noexcept { return reader_.skipped(); }

  private:
    capture_input(std::filesystem::path path, std::unique_ptr<std::ifstream> file);

    std::filesystem::path path_;
    std::unique_ptr<std::ifstream> file_;
    capture_reader reader_;
};

}  // namespace rtpproxy
