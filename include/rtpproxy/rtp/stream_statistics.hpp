#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include <cstdint>
#include <optional>

namespace rtpproxy {

/// What one RTP stream delivered, all its SSRCs together.
struct stream_totals {
    std::uint64_t sent = 0;      ///< sequence numbers spanned
    std::uint64_t received = 0;  ///< distinct packets
    std::uint64_t duplicates = 0;
    std::uint64_t parse_errors = 0;  ///< RTCP on the RTP port, or no RTP at all
    [[nodiscard]] std::uint64_t lost() const noexcept { return sent - received; }
};

/// Interarrival jitter (RFC 3550 §6.4.1) in RTP timestamp units; 0 without data.
struct jitter_summary {
    double last = 0;     ///< of the SSRC that came last and has at least two packets
    double maximum = 0;  ///< over all SSRCs
    double average = 0;  ///< mean over all SSRCs
};

/// Follows one received RTP stream: loss, duplicates, SSRC changes, jitter.
///
/// Pure, allocates nothing, and spends a bounded few tens of nanoseconds a packet. Belongs to the leg's strand.
class stream_statistics {
  public:
    /// Takes one datagram of the stream: its parsed header, or nothing when it is RTCP or no RTP.
    /// @returns whether the SSRC differs from that of the packet before (the first SSRC of the stream counts).
    bool on_packet(const std::optional<rtp_header>& header, time_point arrival) noexcept;

    [[nodiscard]] stream_totals totals() const noexcept;
    [[nodiscard]] jitter_summary jitter() const noexcept;
    [[nodiscard]] std::uint32_t ssrc_changes() const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> last_ssrc() const noexcept;
    [[nodiscard]] std::optional<std::uint8_t> last_payload_type() const noexcept;
};

}  // namespace rtpproxy
