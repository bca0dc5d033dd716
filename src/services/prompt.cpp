#include "rtpproxy/services/prompt.hpp"

#include "rtpproxy/codec/audio_codec.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace rtpproxy {
namespace {

using std::chrono::milliseconds;

constexpr frame_format playable[] = {
    {.octets = 8, .duration = milliseconds{1}, .ticks = 8, .codec = codec_id::pcmu},
    {.octets = 33, .duration = milliseconds{20}, .ticks = 160, .codec = codec_id::gsm},
    {.octets = 24, .duration = milliseconds{30}, .ticks = 240, .codec = codec_id::g723},
    {.octets = 8, .duration = milliseconds{1}, .ticks = 8, .codec = codec_id::pcma},
    {.octets = 8, .duration = milliseconds{1}, .ticks = 8, .codec = codec_id::g722},
    {.octets = 10, .duration = milliseconds{10}, .ticks = 80, .codec = codec_id::g729},
    {.octets = opus_encoder_frame_octets,
     .duration = milliseconds{20},
     .ticks = 960,
     .codec = codec_id::opus,
     .joinable = false},
};

/// The codec of a payload type; empty when it is not known.
std::optional<codec_id> meaning_of(unsigned payload_type, std::span<const dynamic_payload> dynamic) noexcept {
    if (payload_type > last_dynamic_payload_type) return std::nullopt;
    const auto found = std::ranges::find(dynamic, payload_type, &dynamic_payload::payload_type);
    if (found != dynamic.end()) return found->codec;
    return codec_of_payload_type(static_cast<std::uint8_t>(payload_type));
}

}  // namespace

std::optional<frame_format> frame_format_of(unsigned payload_type,
                                            std::span<const dynamic_payload> dynamic) noexcept {
    const auto codec = meaning_of(payload_type, dynamic);
    if (!codec) return std::nullopt;
    const auto* found = std::ranges::find(playable, *codec, &frame_format::codec);
    if (found == std::end(playable)) return std::nullopt;
    auto format = *found;
    format.payload_type = static_cast<std::uint8_t>(payload_type);
    return format;
}

std::vector<frame_format> read_playable_formats(std::string_view codecs,
                                                std::span<const dynamic_payload> dynamic) {
    std::vector<frame_format> formats;
    const char* at = codecs.data();
    const char* const end = at + codecs.size();
    while (at != end) {
        unsigned number = 0;
        const auto [stopped, error] = std::from_chars(at, end, number);
        if (stopped == at) break;
        const auto format = error == std::errc{} ? frame_format_of(number, dynamic) : std::nullopt;
        if (format && std::ranges::find(formats, *format) == formats.end()) formats.push_back(*format);
        at = stopped == end ? end : stopped + 1;
    }
    return formats;
}

}  // namespace rtpproxy
