#pragma once

#include "octet_stream.hpp"
#include "octets.hpp"

#include <optional>

namespace rtpproxy {

/// Reads a pcap file behind its first four octets, which told that it is one.
class pcap_reader {
  public:
    /// Whether a file that begins like this is a pcap file.
    [[nodiscard]] static bool recognises(std::span<const std::byte> beginning) noexcept;

    /// The next datagram, as capture_reader::next(). Counts what it passes over.
    [[nodiscard]] capture_reader::next_packet read_packet(octet_stream& file, skipped_packets& skipped);

  private:
    std::optional<capture_error> read_file_header(octet_stream& file);
    [[nodiscard]] wall_time time_of(std::span<const std::byte> record_header) const noexcept;

    bool header_read_ = false;
    byte_order order_ = byte_order::native;
    bool nanoseconds_ = false;
    std::uint32_t link_type_ = 0;
};

}  // namespace rtpproxy
