#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/jitter_estimator.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/rtp/sequence_tracker.hpp"

#include <cstdint>
#include <optional>

namespace rtpproxy {

/// What one RTP stream delivered, all its SSRCs together.
struct stream_totals {
    std::uint64_t sent = 0;      ///< sequence numbers spanned
    std::uint64_t received = 0;  ///< distinct packets, never more than `sent`
    std::uint64_t duplicates = 0;
    std::uint64_t parse_errors = 0;  ///< RTCP on the RTP port, or no RTP at all
    [[nodiscard]] std::uint64_t lost() const noexcept { return sent - received; }
};

/// Follows one received RTP stream: loss, duplicates, SSRC changes, jitter.
///
/// Pure; allocates only as jitter_estimator does; spends a bounded few tens of nanoseconds a packet. Belongs
/// to the leg's strand.
class stream_statistics {
  public:
    /// Takes one datagram of the stream: its parsed header, or nothing when it is RTCP or no RTP.
    /// @returns whether the SSRC differs from that of the packet before (the first SSRC of the stream
    /// counts).
    bool on_packet(const std::optional<rtp_header>& header, time_point arrival) noexcept;

    [[nodiscard]] stream_totals totals() const noexcept;
    /// Packets of dynamic payload types have no known clock and do not take part.
    [[nodiscard]] jitter_summary jitter() const noexcept { return jitter_.summary(); }
    /// How often another SSRC began, the first one included.
    [[nodiscard]] std::uint32_t ssrc_changes() const noexcept { return ssrc_changes_; }
    /// Empty before the first RTP packet.
    [[nodiscard]] std::optional<std::uint32_t> last_ssrc() const noexcept;
    /// Empty before the first RTP packet.
    [[nodiscard]] std::optional<std::uint8_t> last_payload_type() const noexcept;
    /// The latest payload type whose packets took part in jitter(), comfort noise aside: that of the voice.
    /// Empty before the first.
    [[nodiscard]] std::optional<std::uint8_t> timed_payload_type() const noexcept {
        return jitter_.payload_type();
    }

  private:
    sequence_tracker sequence_;
    jitter_estimator jitter_;
    std::uint64_t parse_errors_ = 0;
    std::uint32_t ssrc_ = 0;
    std::uint32_t ssrc_changes_ = 0;  ///< 0: no RTP packet came yet
    std::uint8_t payload_type_ = 0;
};

}  // namespace rtpproxy
