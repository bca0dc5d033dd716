#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtpproxy {

/// The fields of an RTP fixed header (RFC 3550 §5.1) a relay looks at.
struct rtp_header {
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::uint16_t sequence_number = 0;
    std::uint8_t payload_type = 0;
    bool marker = false;
    std::uint16_t header_octets = 0;   ///< fixed header, CSRC list and extension
    std::uint16_t payload_octets = 0;  ///< without padding
};

/// Reads the header of `datagram`; empty when it is no well-formed RTP: at least 12 octets, version 2, and
/// CSRC list, extension and padding fit (a padding length of 0 does not).
[[nodiscard]] std::optional<rtp_header> read_rtp_header(std::span<const std::byte> datagram) noexcept;

/// Whether the first two octets are those of an RTCP packet: version 2, packet type 200 to 213 (RFC 5761 §4).
[[nodiscard]] bool looks_like_rtcp(std::span<const std::byte> datagram) noexcept;

}  // namespace rtpproxy
