#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/stream_statistics.hpp"
#include "rtpproxy/session/component.hpp"
#include "rtpproxy/session/drop_reason.hpp"
#include "rtpproxy/session/end_reason.hpp"
#include "rtpproxy/session/session.hpp"
#include "rtpproxy/session/side.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace rtpproxy {

using wall_time = std::chrono::system_clock::time_point;

/// The same moment on both clocks: turns protocol time into the time of day.
struct clock_reading {
    time_point monotonic{};
    wall_time wall{};

    [[nodiscard]] static clock_reading now() noexcept;
    [[nodiscard]] wall_time wall_time_of(time_point t) const noexcept {
        return wall + std::chrono::duration_cast<wall_time::duration>(t - monotonic);
    }
};

/// What arrived on one port of a leg.
struct packet_record {
    std::uint64_t received = 0;  ///< accepted by the latch
    std::uint64_t relayed = 0;
    std::uint64_t dropped = 0;  ///< accepted, but not passed on
    std::uint64_t refused = 0;  ///< not accepted
    time_point first{};         ///< of the accepted ones, as the next two; means nothing if there were none
    time_point last{};
    duration longest_gap{};
    std::optional<endpoint> remote;  ///< where packets to the party went; empty: never known
};

/// The RTP stream that a party sent.
struct stream_record {
    stream_totals totals;
    jitter_summary jitter;  ///< in RTP timestamp units
    std::optional<std::uint32_t> last_ssrc;
    std::uint32_t ssrc_count = 0;
    std::optional<std::uint8_t> last_payload_type;
    std::optional<std::uint8_t> timed_payload_type;  ///< see stream_statistics
};

/// One party of a finished session.
struct party_record {
    packet_record rtp;
    packet_record rtcp;
    stream_record stream;
    boost::asio::ip::address local_address;  ///< of the leg facing the party
    std::uint16_t local_port = 0;            ///< RTP; 0: the leg never existed
    bool on_hold = false;
    std::uint32_t hold_count = 0;
};

/// What is kept of a finished session for accounting. Plain values: nothing refers to the session any more,
/// so it may travel to another thread.
struct call_record {
    std::uint64_t id = 0;  ///< given by the record_writer: 1, 2, ...
    std::string call_id;
    std::string from_tag;
    std::string to_tag;  ///< empty: never named
    end_reason reason{};
    time_point created{};
    time_point ended{};
    clock_reading taken;  ///< when the record was made
    bool complete = false;
    std::optional<std::string> notify_tag;  ///< text of the notice to be sent on a timeout
    bool notice_sent = false;               ///< handed to the notifier, which may lose it later
    std::array<std::uint64_t, drop_reason_count> drops{};
    std::array<party_record, 2> parties;

    [[nodiscard]] const party_record& party(side s) const noexcept { return parties[index(s)]; }
    [[nodiscard]] wall_time wall_time_of(time_point t) const noexcept { return taken.wall_time_of(t); }
};

/// Takes down what `over`, which ended at `ended`, was about: about a microsecond. On the session's shard,
/// while its ports are still open.
[[nodiscard]] call_record take_record(const session& over, end_reason reason, time_point ended,
                                      const clock_reading& clocks);

}  // namespace rtpproxy
