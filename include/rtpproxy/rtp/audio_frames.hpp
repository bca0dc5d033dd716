#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtpproxy {

/// A number of whole audio frames.
struct audio_frames {
    std::uint32_t ticks = 0;  ///< of the RTP clock
    std::size_t octets = 0;   ///< of the payload
    bool extendable = true;   ///< whether more frames may follow in the same packet
};

/// The shortest piece of audio, in ticks of the RTP clock, that packets of this payload type are made of: a
/// frame (G.723 240, GSM 160, G.729 80), or 10 ms of the codecs that have an octet for each tick (PCMU, PCMA
/// and G.722, whose clock counts 8000 Hz for historical reasons, RFC 3551 §4.5.2). Empty for all other types.
[[nodiscard]] std::optional<std::uint32_t> shortest_audio(std::uint8_t payload_type) noexcept;

/// The frames at the front of `payload` that are at most `most_ticks` long in all; as many as there are.
///
/// A last G.729 frame that is too short is a comfort noise frame (RFC 3551 §4.5.6); it counts as a frame, and
/// nothing may follow it.
[[nodiscard]] audio_frames take_audio(std::uint8_t payload_type, std::span<const std::byte> payload,
                                      std::uint32_t most_ticks) noexcept;

/// All of `payload`. Empty when it is no audio of a known frame size: another payload type, no octets at all,
/// or something else than whole frames.
[[nodiscard]] std::optional<audio_frames> measure_audio(std::uint8_t payload_type,
                                                        std::span<const std::byte> payload) noexcept;

}  // namespace rtpproxy
