#include "rtpproxy/rtp/telephone_event.hpp"

#include <string_view>

namespace rtpproxy {

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |     event     |E|R| volume    |          duration             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<telephone_event> read_telephone_event(std::span<const std::byte> payload) noexcept {
    constexpr std::size_t event_octets = 4;
    if (payload.size() < event_octets) return std::nullopt;
    const auto octet = [&](std::size_t offset) { return std::to_integer<unsigned>(payload[offset]); };
    return telephone_event{.code = static_cast<std::uint8_t>(octet(0)),
                           .volume = static_cast<std::uint8_t>(octet(1) & 0x3fU),
                           .duration = static_cast<std::uint16_t>(octet(2) << 8 | octet(3)),
                           .end = (octet(1) & 0x80U) != 0};
}

std::optional<char> to_digit(std::uint8_t code) noexcept {
    constexpr std::string_view digits = "0123456789*#ABCD ";
    if (code >= digits.size()) return std::nullopt;
    return digits[code];
}

}  // namespace rtpproxy
