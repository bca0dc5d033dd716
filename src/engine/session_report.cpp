#include "rtpproxy/engine/session_report.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/session/session_match.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

namespace rtpproxy {
namespace {

using seconds = std::chrono::duration<double>;

double epoch_seconds(time_point t) {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return seconds{wall}.count() - seconds{steady_clock::now() - t}.count();
}

void log_reason(const session& session, end_reason reason) {
    const auto callee_port = session.leg_facing(side::callee).rtp_port;
    const auto caller_port = session.leg_facing(side::caller).rtp_port;
    switch (reason) {
        case end_reason::deleted:
            log::info(session.call_id(), "deleting: medianum={} on ports {}/{}",
                      media_number(session.from_tag()), callee_port, caller_port);
            break;
        case end_reason::timed_out:
            log::info(session.call_id(), "session timeout");
            break;
        case end_reason::never_answered:
            log::info(session.call_id(), "session never answered: no answer came within the setup TTL");
            break;
        case end_reason::duration_limit:
            log::info(session.call_id(), "session reached the longest permitted call duration");
            break;
        case end_reason::shut_down:
            break;
    }
}

void log_packets(const session& session, component which, std::string_view name) {
    const auto& callee = session.leg_facing(side::callee).stream(which);
    const auto& caller = session.leg_facing(side::caller).stream(which);
    log::info(session.call_id(),
              "{} stats: {} in from callee, {} in from caller, {} relayed, {} dropped, {} ignored", name,
              callee.received, caller.received, callee.relayed + caller.relayed,
              callee.dropped + caller.dropped, callee.refused + caller.refused);
}

void log_drops(const session& session) {
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
        if (session.drops[reason] != 0)
            log::info(session.call_id(), "dropped: {}: {} packets",
                      to_string(static_cast<drop_reason>(reason)), session.drops[reason]);
}

void log_times(const session& session, side s) {
    const auto& rtp = session.leg_facing(s).stream(component::rtp);
    if (rtp.received == 0) return;
    log::info(session.call_id(), "RTP times: {}: first in at {:.6f}, duration {:.6f}, longest IPI {:.6f}",
              to_string(s), epoch_seconds(rtp.first_packet),
              seconds{rtp.last_packet - rtp.first_packet}.count(), seconds{rtp.longest_gap}.count());
}

void log_stream(const session& session, side s) {
    const auto& statistics = session.leg_facing(s).rtp_statistics;
    const auto totals = statistics.totals();
    const auto ssrc = statistics.last_ssrc();
    log::info(session.call_id(),
              "RTP stream from {}: SSRC={}, ssrc_changes={}, psent={}, precvd={}, plost={}, pdups={}",
              to_string(s), ssrc ? fmt::format("0x{:08X}", *ssrc) : std::string{"NONE"},
              statistics.ssrc_changes(), totals.sent, totals.received, totals.lost(), totals.duplicates);
}

}  // namespace

void log_end_of_session(const session& session, end_reason reason) {
    if (!log::enabled(log::level::info)) return;
    log_reason(session, reason);
    log_packets(session, component::rtp, "RTP");
    log_drops(session);
    log_times(session, side::caller);
    log_times(session, side::callee);
    log_packets(session, component::rtcp, "RTCP");
    log_stream(session, side::caller);
    log_stream(session, side::callee);
    log::info(session.call_id(), "session on ports {}/{} is cleaned up",
              session.leg_facing(side::callee).rtp_port, session.leg_facing(side::caller).rtp_port);
}

}  // namespace rtpproxy
