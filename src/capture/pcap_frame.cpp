#include "pcap_frame.hpp"

#include "octets.hpp"
#include "pcap_numbers.hpp"

#include <optional>

namespace rtpproxy {
namespace {

using octets = std::span<const std::byte>;

std::uint8_t octet(octets of, std::size_t at) noexcept {
    return std::to_integer<std::uint8_t>(of[at]);
}

/// What an IP packet says about its payload.
struct ip_payload {
    boost::asio::ip::address source;
    boost::asio::ip::address destination;
    octets data;
};

template <typename Address>
Address read_address(octets from) {
    typename Address::bytes_type bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = octet(from, i);
    return Address{bytes};
}

/// Looks for UDP from the outside to the inside. Each step gives nothing when it ends there, having counted
/// why.
class frame_parser {
  public:
    explicit frame_parser(skipped_packets& skipped) noexcept : skipped_(skipped) {}

    std::optional<octets> strip_ethernet(octets frame) {
        std::size_t type_at = pcap::ethernet_header_octets - 2;
        constexpr std::size_t tag_octets = 4;
        for (int tags = 0; tags <= 2; ++tags, type_at += tag_octets) {
            if (frame.size() < type_at + 2) return nothing(skipped_.incomplete);
            const auto type = load_big<std::uint16_t>(frame.subspan(type_at));
            if (type == pcap::ethernet_ipv4 || type == pcap::ethernet_ipv6) return frame.subspan(type_at + 2);
            if (type != pcap::ethernet_vlan && type != pcap::ethernet_service_vlan) break;
        }
        return nothing(skipped_.not_udp);
    }

    /// A word with the address family, in the byte order of whoever captured it. The packet tells it as well.
    std::optional<octets> strip_null(octets frame) {
        constexpr std::size_t family_octets = 4;
        if (frame.size() < family_octets) return nothing(skipped_.incomplete);
        return frame.subspan(family_octets);
    }

    std::optional<ip_payload> read_ip(octets packet) {
        if (packet.empty()) return none(skipped_.incomplete);
        switch (octet(packet, 0) >> 4) {
            case 4:
                return read_ipv4(packet);
            case 6:
                return read_ipv6(packet);
            default:
                return none(skipped_.not_udp);
        }
    }

    bool read_udp(const ip_payload& carried, captured_packet& packet) {
        const auto data = carried.data;
        if (data.size() < pcap::udp_header_octets) return nothing(skipped_.incomplete).has_value();
        const std::size_t length = load_big<std::uint16_t>(data.subspan(4));
        if (length < pcap::udp_header_octets || length > data.size())
            return nothing(skipped_.incomplete).has_value();
        packet.source = {carried.source, load_big<std::uint16_t>(data)};
        packet.destination.emplace(carried.destination, load_big<std::uint16_t>(data.subspan(2)));
        packet.payload = data.subspan(pcap::udp_header_octets, length - pcap::udp_header_octets);
        return true;
    }

  private:
    static std::optional<octets> nothing(std::uint64_t& counter) noexcept {
        ++counter;
        return std::nullopt;
    }
    static std::optional<ip_payload> none(std::uint64_t& counter) noexcept {
        ++counter;
        return std::nullopt;
    }

    std::optional<ip_payload> read_ipv4(octets packet) {
        if (packet.size() < pcap::ipv4_header_octets) return none(skipped_.incomplete);
        const auto header_octets = std::size_t{4} * (octet(packet, 0) & 0x0f);
        const std::size_t total = load_big<std::uint16_t>(packet.subspan(2));
        if (header_octets < pcap::ipv4_header_octets || total < header_octets)
            return none(skipped_.incomplete);
        constexpr std::uint16_t more_fragments_and_offset = 0x3fff;
        if ((load_big<std::uint16_t>(packet.subspan(6)) & more_fragments_and_offset) != 0)
            return none(skipped_.fragments);
        if (octet(packet, 9) != pcap::protocol_udp) return none(skipped_.not_udp);
        if (total > packet.size()) return none(skipped_.incomplete);
        using boost::asio::ip::address_v4;
        return ip_payload{read_address<address_v4>(packet.subspan(12)),
                          read_address<address_v4>(packet.subspan(16)),
                          packet.subspan(header_octets, total - header_octets)};
    }

    std::optional<ip_payload> read_ipv6(octets packet) {
        if (packet.size() < pcap::ipv6_header_octets) return none(skipped_.incomplete);
        const std::size_t length = load_big<std::uint16_t>(packet.subspan(4));
        auto rest = packet.subspan(pcap::ipv6_header_octets);
        const bool complete = length <= rest.size();
        if (complete) rest = rest.first(length);
        const auto data = strip_extensions(octet(packet, 6), rest);
        if (!data) return std::nullopt;
        if (!complete) return none(skipped_.incomplete);
        using boost::asio::ip::address_v6;
        return ip_payload{read_address<address_v6>(packet.subspan(8)),
                          read_address<address_v6>(packet.subspan(24)), *data};
    }

    /// RFC 8200 §4. Each is at least eight octets long, so this ends.
    std::optional<octets> strip_extensions(std::uint8_t header, octets rest) {
        constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, destination = 60;
        while (header != pcap::protocol_udp) {
            if (header == fragment) return nothing(skipped_.fragments);
            if (header != hop_by_hop && header != routing && header != destination)
                return nothing(skipped_.not_udp);
            if (rest.size() < 2) return nothing(skipped_.incomplete);
            const auto octets_long = std::size_t{8} * (octet(rest, 1) + std::size_t{1});
            if (rest.size() < octets_long) return nothing(skipped_.incomplete);
            header = octet(rest, 0);
            rest = rest.subspan(octets_long);
        }
        return rest;
    }

    skipped_packets& skipped_;
};

}  // namespace

bool read_frame(octets frame, std::uint32_t link_type, captured_packet& packet, skipped_packets& skipped) {
    frame_parser parser{skipped};
    const auto ip =
        link_type == pcap::link_ethernet ? parser.strip_ethernet(frame) : parser.strip_null(frame);
    if (!ip) return false;
    const auto carried = parser.read_ip(*ip);
    return carried && parser.read_udp(*carried, packet);
}

}  // namespace rtpproxy
