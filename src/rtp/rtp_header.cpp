#include "rtpproxy/rtp/rtp_header.hpp"

#include "network_order.hpp"

#include <limits>

namespace rtpproxy {

namespace {

constexpr std::size_t fixed_header_octets = 12;
constexpr unsigned rtp_version = 2;

bool has_version_2(octets_view datagram) noexcept {
    return octet_at(datagram, 0) >> 6 == rtp_version;
}

/// Octets up to the payload: fixed header, CSRC list, extension (RFC 3550 §5.3.1). Empty when they do not
/// fit.
std::optional<std::size_t> measure_header(octets_view datagram) noexcept {
    const auto csrc_count = octet_at(datagram, 0) & 0x0fU;
    const bool has_extension = (octet_at(datagram, 0) & 0x10U) != 0;
    std::size_t octets = fixed_header_octets + 4 * csrc_count;
    if (has_extension) {
        if (datagram.size() < octets + 4) return std::nullopt;
        octets += 4 + 4 * std::size_t{u16_at(datagram, octets + 2)};
    }
    if (datagram.size() < octets) return std::nullopt;
    return octets;
}

/// Octets of padding, its own count included (RFC 3550 §5.1). Empty when it is 0 or longer than `available`.
std::optional<std::size_t> measure_padding(octets_view datagram, std::size_t available) noexcept {
    const bool has_padding = (octet_at(datagram, 0) & 0x20U) != 0;
    if (!has_padding) return 0;
    const std::size_t octets = octet_at(datagram, datagram.size() - 1);
    if (octets == 0 || octets > available) return std::nullopt;
    return octets;
}

}  // namespace

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                           timestamp                           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           synchronization source (SSRC) identifier            |
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |            contributing source (CSRC) identifiers             |
// |                             ....                              |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<rtp_header> read_rtp_header(std::span<const std::byte> datagram) noexcept {
    if (datagram.size() < fixed_header_octets || !has_version_2(datagram)) return std::nullopt;
    if (datagram.size() > std::numeric_limits<std::uint16_t>::max())
        return std::nullopt;  // larger than UDP carries
    const auto header_octets = measure_header(datagram);
    if (!header_octets) return std::nullopt;
    const auto body_octets = datagram.size() - *header_octets;
    const auto padding_octets = measure_padding(datagram, body_octets);
    if (!padding_octets) return std::nullopt;

    rtp_header header;
    header.marker = (octet_at(datagram, 1) & 0x80U) != 0;
    header.payload_type = static_cast<std::uint8_t>(octet_at(datagram, 1) & 0x7fU);
    header.sequence_number = u16_at(datagram, 2);
    header.timestamp = u32_at(datagram, 4);
    header.ssrc = u32_at(datagram, 8);
    header.header_octets = static_cast<std::uint16_t>(*header_octets);
    header.payload_octets = static_cast<std::uint16_t>(body_octets - *padding_octets);
    return header;
}

bool looks_like_rtcp(std::span<const std::byte> datagram) noexcept {
    constexpr unsigned first_packet_type = 200;  // sender report
    constexpr unsigned last_packet_type = 213;
    if (datagram.size() < 2 || !has_version_2(datagram)) return false;
    const auto packet_type = octet_at(datagram, 1);
    return packet_type >= first_packet_type && packet_type <= last_packet_type;
}

}  // namespace rtpproxy
