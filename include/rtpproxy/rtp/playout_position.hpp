#pragma once

#include "rtpproxy/rtp/rtp_header.hpp"

#include <cstdint>
#include <optional>

namespace rtpproxy {

/// Tells where the audio of an RTP stream belongs on the time line of a recording: by its timestamps, as long
/// as these agree with the arrival of the packets, and else by arrival. So jitter does not show, and no
/// timestamp can stretch the recording.
///
/// All positions are in units of the RTP clock (RFC 3550 §5.1) from the beginning of the recording. Pure.
class playout_position {
  public:
    /// `clock_rate` in Hz.
    explicit playout_position(std::uint32_t clock_rate) noexcept : tolerance_(clock_rate / 2) {}

    /// Where the audio of a packet begins that arrived at `arrival`.
    [[nodiscard]] std::uint64_t of(const rtp_header& header, std::uint64_t arrival) noexcept;

  private:
    struct reference {
        std::uint32_t ssrc;
        std::uint32_t timestamp;
        std::uint64_t position;
    };
    [[nodiscard]] std::optional<std::uint64_t> by_timestamp(const rtp_header& header,
                                                            std::uint64_t arrival) const noexcept;

    std::uint64_t tolerance_;  // half a second
    std::optional<reference> last_;
};

}  // namespace rtpproxy
