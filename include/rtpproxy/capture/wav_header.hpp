#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rtpproxy {

/// What the header of a WAV file says about 16-bit linear samples.
struct wav_description {
    std::uint32_t samples_per_second = 8000;
    std::uint16_t channels = 2;
    std::uint32_t data_octets = 0;  ///< at most `wav_data_limit`
};

inline constexpr std::size_t wav_header_octets = 44;
/// More does not fit into the lengths of the format; a whole number of stereo samples.
inline constexpr std::uint32_t wav_data_limit = 0xffffff00;

/// The RIFF, "fmt " and "data" headers, little-endian; samples follow.
[[nodiscard]] std::array<std::byte, wav_header_octets> make_wav_header(
    const wav_description& described) noexcept;

}  // namespace rtpproxy
