#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtpproxy {

/// The payload of a packet of RFC 4733: what is known of an event so far.
struct telephone_event {
    std::uint8_t code = 0;       ///< 0 to 15: a DTMF digit (§3.2, table 3); 16: hook flash
    std::uint8_t volume = 0;     ///< 0 to 63: the power level in dBm0, without its sign
    std::uint16_t duration = 0;  ///< from the packet's timestamp on, in its units
    bool end = false;            ///< the event is over
};

/// Reads an event; empty when `payload` is too short for one. Of several events in a packet (§2.5.1.5) it is
/// the first one.
[[nodiscard]] std::optional<telephone_event> read_telephone_event(
    std::span<const std::byte> payload) noexcept;

/// `0` to `9`, `*`, `#`, `A` to `D`, and a space for the hook flash; empty for a code beyond them.
[[nodiscard]] std::optional<char> to_digit(std::uint8_t code) noexcept;

}  // namespace rtpproxy
