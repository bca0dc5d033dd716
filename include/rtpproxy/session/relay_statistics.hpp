#pragma once

#include "rtpproxy/session/counter.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtpproxy {

/// Why a datagram was not passed on.
enum class drop_reason : std::uint8_t {
    early,           ///< the session has only one leg yet
    source_refused,  ///< the latch does not accept its source
    no_destination,  ///< where the other party receives is not known
    loop,            ///< it came from a port of ours and would go to a port of ours
    send_failed,     ///< the kernel refused it
    session_over,    ///< the session ended while its ports were still open
};
inline constexpr std::size_t drop_reason_count = 6;

[[nodiscard]] std::string_view to_string(drop_reason reason) noexcept;

/// What one shard counted since the start. Written on the shard, read from anywhere.
struct relay_statistics {
    counter sessions_created;
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
