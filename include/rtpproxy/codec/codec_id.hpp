#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace rtpproxy {

/// The audio codecs whose framing is known. Not every build can encode and decode all of them.
enum class codec_id : std::uint8_t { pcmu, pcma, g722, gsm, g723, g729, opus };

/// Facts about a codec that do not depend on the build.
struct codec_traits {
    codec_id id;
    std::string_view name;                     ///< encoding name of RFC 3551 §6 or RFC 7587
    std::optional<std::uint8_t> payload_type;  ///< the static one (RFC 3551 §6); empty for dynamic ones
    unsigned sample_rate;                      ///< Hz, of the audio an encoder takes
    unsigned clock_rate;                       ///< Hz, of RTP timestamps; 8000 for G.722 by RFC 3551 §4.5.2
    std::size_t frame_samples;                 ///< samples in the smallest piece that can be encoded
    std::size_t frame_octets;                  ///< octets of such a piece; 0 when they vary
};

/// A dynamic payload type (96 to 127, RFC 3551 §6) and the codec it stands for. Two parties agree on that
/// call by call; who fixes it beforehand has to know what they will agree on.
struct dynamic_payload {
    std::uint8_t payload_type = 0;
    codec_id codec{};

    friend bool operator==(const dynamic_payload&, const dynamic_payload&) = default;
};

constexpr std::uint8_t first_dynamic_payload_type = 96;
constexpr std::uint8_t last_dynamic_payload_type = 127;

/// The facts about `codec`.
[[nodiscard]] const codec_traits& traits_of(codec_id codec) noexcept;

/// The facts about all codecs.
[[nodiscard]] std::span<const codec_traits> all_codecs() noexcept;

/// The codec of an encoding name, in any case (RFC 4855 §3); empty when there is none of that name.
[[nodiscard]] std::optional<codec_id> codec_named(std::string_view name) noexcept;

/// The codec of a static payload type (0, 3, 4, 8, 9, 18); empty for every other type.
[[nodiscard]] std::optional<codec_id> codec_of_payload_type(std::uint8_t payload_type) noexcept;

/// Whether this build has an encoder for `codec`.
[[nodiscard]] bool can_encode(codec_id codec) noexcept;

/// Whether this build has a decoder for `codec`.
[[nodiscard]] bool can_decode(codec_id codec) noexcept;

}  // namespace rtpproxy
