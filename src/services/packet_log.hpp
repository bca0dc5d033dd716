#pragma once

#include "disk_file.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtpproxy {

/// A file of packets that grows at its end. Packets are gathered and written a few kilobytes at a time; what
/// the disk does not take is left out, so that the file always ends behind a whole packet.
class packet_log {
  public:
    /// `beginning` is what a new file begins with; `lost` counts packets that are left out. Both `disk` and
    /// `lost` must outlive the log.
    packet_log(std::filesystem::path path, std::vector<std::byte> beginning, disk_health& disk,
               std::uint64_t& lost);

    /// Makes the file, if that can be done now.
    void open(time_point now);
    /// Appends one packet.
    void append(std::span<const std::byte> packet, time_point now);
    /// Writes what was gathered. To be called once a second, too: a file that is missing is made then.
    void flush(time_point now);
    /// Writes what was gathered and closes the file.
    void close(time_point now);
    /// Whether it could not be made because another file has its name.
    [[nodiscard]] bool name_is_taken() const noexcept { return file_.name_is_taken(); }

  private:
    static constexpr std::size_t gathered_octets = 8192;

    bool begin(time_point now);
    bool write_gathered(time_point now);

    std::vector<std::byte> beginning_;
    disk_file file_;
    disk_health& disk_;
    std::uint64_t& lost_;
    std::vector<std::byte> gathered_;
    std::uint64_t gathered_packets_ = 0;
    std::uint64_t size_ = 0;         // of the file, behind the last whole packet
    unsigned begun_generation_ = 0;  // of the file that has its beginning
};

}  // namespace rtpproxy
