#include "rtpproxy/rtp/audio_frames.hpp"

#include <algorithm>
#include <limits>

namespace rtpproxy {
namespace {

// Static payload types, RFC 3551 §6.
constexpr std::uint8_t pcmu = 0;
constexpr std::uint8_t gsm = 3;
constexpr std::uint8_t g723 = 4;
constexpr std::uint8_t pcma = 8;
constexpr std::uint8_t g722 = 9;
constexpr std::uint8_t g729 = 18;

/// Octets of the G.723 frame that begins with `first`, by its two low bits (RFC 3551 §4.5.3); 0 when there is
/// no such frame.
std::size_t g723_octets(std::byte first) noexcept {
    constexpr std::size_t octets[] = {24, 20, 4, 0};
    return octets[std::to_integer<std::size_t>(first) & 3U];
}

/// The frame at the front of `payload`, which is not empty; no octets when there is none.
audio_frames first_frame(std::uint8_t payload_type, std::span<const std::byte> payload) noexcept {
    constexpr std::size_t g729_octets = 10;
    switch (payload_type) {
        case gsm:
            return {.ticks = 160, .octets = 33};
        case g723:
            return {.ticks = 240, .octets = g723_octets(payload.front())};
        case g729:
            return {.ticks = 80,
                    .octets = std::min(payload.size(), g729_octets),
                    .extendable = payload.size() >= g729_octets};
        default:
            return {};
    }
}

constexpr bool has_octet_for_each_tick(std::uint8_t payload_type) noexcept {
    return payload_type == pcmu || payload_type == pcma || payload_type == g722;
}

}  // namespace

std::optional<std::uint32_t> shortest_audio(std::uint8_t payload_type) noexcept {
    switch (payload_type) {
        case pcmu:
        case pcma:
        case g722:
        case g729:
            return 80;
        case gsm:
            return 160;
        case g723:
            return 240;
        default:
            return std::nullopt;
    }
}

audio_frames take_audio(std::uint8_t payload_type, std::span<const std::byte> payload,
                        std::uint32_t most_ticks) noexcept {
    if (has_octet_for_each_tick(payload_type)) {
        const auto octets = std::min<std::size_t>(payload.size(), most_ticks);
        return {.ticks = static_cast<std::uint32_t>(octets), .octets = octets};
    }
    audio_frames taken;
    while (taken.extendable && taken.octets < payload.size()) {
        const auto frame = first_frame(payload_type, payload.subspan(taken.octets));
        const bool whole = frame.octets != 0 && frame.octets <= payload.size() - taken.octets;
        if (!whole || frame.ticks > most_ticks - taken.ticks) break;
        taken.ticks += frame.ticks;
        taken.octets += frame.octets;
        taken.extendable = frame.extendable;
    }
    return taken;
}

std::optional<audio_frames> measure_audio(std::uint8_t payload_type,
                                          std::span<const std::byte> payload) noexcept {
    if (payload.empty() || !shortest_audio(payload_type)) return std::nullopt;
    const auto all = take_audio(payload_type, payload, std::numeric_limits<std::uint32_t>::max());
    if (all.octets != payload.size()) return std::nullopt;
    return all;
}

}  // namespace rtpproxy
