#pragma once

#include <cstddef>
#include <cstdint>

namespace rtpproxy {

/// Whether an RTP packet may carry sound that somebody misses if it cannot be decoded. Nobody misses comfort
/// noise (RFC 3389, payload type 13; 19 before there was an RFC), nor what looks like a telephone event: four
/// octets (RFC 4733 §2.3) of a dynamic payload type.
[[nodiscard]] constexpr bool carries_sound(std::uint8_t payload_type, std::size_t payload_octets) noexcept {
    constexpr std::uint8_t comfort_noise = 13;
    constexpr std::uint8_t old_comfort_noise = 19;
    constexpr std::uint8_t first_dynamic = 96;
    constexpr std::size_t event_octets = 4;
    if (payload_octets == 0 || payload_type == comfort_noise || payload_type == old_comfort_noise)
        return false;
    return payload_type < first_dynamic || payload_octets != event_octets;
}

}  // namespace rtpproxy
