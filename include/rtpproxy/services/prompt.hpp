#pragma once

#include "rtpproxy/codec/codec_id.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// How the media of a payload type divide into frames (RFC 3551 §4.5).
struct frame_format {
    std::uint8_t payload_type = 0;
    std::uint16_t octets = 0;              ///< of a frame
    std::chrono::milliseconds duration{};  ///< of a frame
    std::uint32_t ticks = 0;               ///< of a frame, in RTP timestamp units
    codec_id codec = codec_id::pcmu;
    /// Frames may follow one another, in a packet and in a file of raw frames. Those of Opus may not: a
    /// packet has one (RFC 7587 §4.2), and how long it is only the packet tells.
    bool joinable = true;

    friend bool operator==(const frame_format&, const frame_format&) = default;
};

/// The frames of a payload type that prompts can have: PCMU 0, GSM 3, G.723 4, PCMA 8, G.722 9, G.729 18, and
/// those of `dynamic`, the first that has the type. Empty for all others. G.722 counts 8000 timestamp units a
/// second (RFC 3551 §4.5.2), Opus 48000 (RFC 7587 §4.1).
[[nodiscard]] std::optional<frame_format> frame_format_of(
    unsigned payload_type, std::span<const dynamic_payload> dynamic = {}) noexcept;

/// Something to play: frames of one payload type, one after the other, without headers.
struct prompt {
    frame_format format;
    std::vector<std::byte> octets;
};

/// Whoever plays a prompt keeps it, whatever becomes of the file and the cache.
using prompt_ptr = std::shared_ptr<const prompt>;

/// Reads a codec list, as `P` and the modifier `c` have it: decimal payload types, separated by any single
/// character. Reading ends where no number is. Payload types that prompts cannot have are left out, and so
/// are repetitions; the order is kept.
[[nodiscard]] std::vector<frame_format> read_playable_formats(std::string_view codecs,
                                                              std::span<const dynamic_payload> dynamic = {});

}  // namespace rtpproxy
