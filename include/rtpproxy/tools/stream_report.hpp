#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/rtp/sequence_tracker.hpp"
#include "rtpproxy/rtp/stream_statistics.hpp"

#include <cstdint>
#include <iosfwd>

namespace rtpproxy {

/// What `extractaudio` tells about the RTP of a capture: about its last run of sequence numbers (see
/// sequence_tracker), and about all of them together, as the relay counts them (stream_statistics). Pure.
class stream_report {
  public:
    /// Takes the next packet.
    void on_packet(const rtp_header& header, time_point arrival) noexcept;

    /// Two lines, and a third if jitter is known:
    ///
    ///     pcount=…, min_seq=…, max_seq=…, seq_offset=…, ssrc=0x…, duplicates=…      the last run
    ///     ssrc_changes=…, psent=…, precvd=…, plost=…                                all runs
    ///     last_jitter=…,average_jitter=…,max_jitter=…                               RTP timestamp units
    ///
    /// Sequence numbers are extended: 65536 for each wrap of the run, `seq_offset` in all. The first SSRC
    /// counts as a change.
    void print(std::ostream& out) const;

  private:
    stream_statistics all_;
    sequence_tracker sequence_;  ///< for the last run
    std::uint64_t received_before_run_ = 0;
    std::uint64_t duplicates_before_run_ = 0;
    std::uint64_t packets_of_clock_ = 0;  ///< of the last SSRC, with a clock rate that is known
    bool jitter_known_ = false;
};

}  // namespace rtpproxy
