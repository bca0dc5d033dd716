#pragma once

#include "rtpproxy/session/counter.hpp"
#include "rtpproxy/session/drop_reason.hpp"

#include <array>
#include <cstdint>

namespace rtpproxy {

/// What one shard counted since the start. Written on the shard, read from anywhere.
struct relay_statistics {
    counter sessions_created;
    counter sessions_refused;  ///< beyond `--max-sessions`
    counter sessions_destroyed;
    counter sessions_timed_out;
    counter sessions_completed;
    counter sessions_without_rtp;
    counter sessions_one_way_rtp;
    counter sessions_without_rtcp;
    counter sessions_one_way_rtcp;
    counter packets_received;
    counter packets_relayed;
    counter packets_discarded;
    counter packets_played;  ///< of prompts, sent
    counter players_created;
    counter players_destroyed;
    counter reframer_in;            ///< packets taken by re-framing
    counter reframer_out;           ///< packets it made of them
    counter reframer_discarded;     ///< packets too late for it, or left over when it ended
    counter lifetime_microseconds;  ///< of destroyed sessions, summed
    counter rtp_sent;               ///< RTP analysis of destroyed sessions, as the four below
    counter rtp_received;
    counter rtp_duplicates;
    counter rtp_lost;
    counter rtp_parse_errors;
    counter receive_errors;  ///< by the kernel, on media ports
    counter notices_posted;
    std::array<counter, drop_reason_count> drops;
};

}  // namespace rtpproxy
