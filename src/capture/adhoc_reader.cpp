#include "adhoc_reader.hpp"

#include "rtpproxy/capture/adhoc_format.hpp"

#include "octets.hpp"

#include <sys/socket.h>

#include <cmath>

namespace rtpproxy {
namespace {

constexpr std::size_t address_at = 4;
constexpr std::size_t time_at = 20;
constexpr std::size_t length_at = 28;

struct sender_family {
    std::uint16_t number;
    byte_order order;
};

/// The family comes first; either order of its octets tells that of the others.
std::optional<sender_family> family_of(std::span<const std::byte> header) noexcept {
    for (const auto order : {byte_order::little, byte_order::big}) {
        const auto number = load<std::uint16_t>(header, order);
        if (number == AF_INET || number == AF_INET6) return sender_family{number, order};
    }
    return std::nullopt;
}

template <typename Address>
Address read_address(std::span<const std::byte> from) {
    typename Address::bytes_type octets;
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = std::to_integer<unsigned char>(from[i]);
    return Address{octets};
}

endpoint read_source(std::span<const std::byte> header, std::uint16_t family) {
    const auto port = load_big<std::uint16_t>(header.subspan(2));
    const auto address = header.subspan(address_at);
    if (family == AF_INET6) return {read_address<boost::asio::ip::address_v6>(address), port};
    return {read_address<boost::asio::ip::address_v4>(address), port};
}

/// Empty when no clock shows that: it is no number, before 1970 or after 2500.
std::optional<wall_time> read_time(std::span<const std::byte> header, byte_order order) {
    const auto seconds = load<double>(header.subspan(time_at), order);
    constexpr double year_2500 = 16725225600.0;
    if (!(seconds >= 0 && seconds < year_2500)) return std::nullopt;
    constexpr double a_second = 1e6;
    return wall_time{std::chrono::microseconds{std::llround(seconds * a_second)}};
}

}  // namespace

capture_reader::next_packet read_adhoc_packet(octet_stream& file) {
    // 1. The header.
    const auto start = file.offset();
    const auto header = file.read(adhoc_header_octets);
    if (header.empty()) return std::optional<captured_packet>{};
    if (header.size() >= 2 && !family_of(header))
        return capture_error{start, "neither a pcap nor an ad-hoc recording goes on like this"};
    if (header.size() < adhoc_header_octets)
        return capture_error{start, "the file ends within the header of a packet", true};
    const auto family = *family_of(header);
    const auto when = read_time(header, family.order);
    if (!when) return capture_error{start + time_at, "impossible time of arrival"};
    captured_packet packet{*when, read_source(header, family.number), std::nullopt, {}};

    // 2. The payload. Reading it ends the life of the header.
    const auto length = load<std::uint16_t>(header.subspan(length_at), family.order);
    packet.payload = file.read(length);
    if (packet.payload.size() < length) return capture_error{start, "the file ends within a packet", true};
    return std::optional{packet};
}

}  // namespace rtpproxy
