#pragma once

#include "rtpproxy/accounting/call_record.hpp"
#include "rtpproxy/accounting/e_model.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rtpproxy {

using fractional_milliseconds = std::chrono::duration<double, std::milli>;

/// The name of a static audio payload type (RFC 3551 §6); empty for every other type.
[[nodiscard]] std::string_view codec_name(std::uint8_t payload_type) noexcept;

/// What ITU-T G.113 appendix I says about a codec.
struct codec_quality {
    double impairment = 0;             ///< Ie
    std::optional<double> robustness;  ///< Bpl; empty: not published
};

/// Of a static payload type of telephone bandwidth; empty for the others, and for those G.113 does not know.
[[nodiscard]] std::optional<codec_quality> codec_quality_of(std::uint8_t payload_type) noexcept;

/// `timestamp_units` of jitter as time; empty without a payload type whose clock is known.
[[nodiscard]] std::optional<fractional_milliseconds> jitter_time(
    double timestamp_units, std::optional<std::uint8_t> payload_type) noexcept;

/// How a stream would have sounded, as far as a relay can tell.
struct voice_quality {
    e_model_inputs inputs;
    fractional_milliseconds jitter_buffer{};  ///< of the receiver, assumed; part of inputs.one_way_delay_ms
    double rating = 0;                        ///< R
    double mos = 1;
};

/// Assumed of everything but the jitter buffer: framing, coding, the networks on both sides of the relay.
inline constexpr fractional_milliseconds assumed_path_delay{50};
/// The receiver's jitter buffer is assumed to hold twice the mean jitter, within these bounds, and so to come
/// too late for no packet.
inline constexpr fractional_milliseconds shortest_jitter_buffer{40};
inline constexpr fractional_milliseconds longest_jitter_buffer{200};

/// Judges by codec, loss and jitter. Empty where one of them cannot be said: no packet, an unknown codec, one
/// of more than telephone bandwidth, or loss with a codec whose robustness is not published.
[[nodiscard]] std::optional<voice_quality> voice_quality_of(const stream_record& stream) noexcept;

}  // namespace rtpproxy
