#include "rtpproxy/engine/session_counters.hpp"

#include <fmt/format.h>

#include <chrono>

namespace rtpproxy {

std::string format_session_counter(const session& session, side party, session_counter counter, tick now) {
    const leg& own = session.leg_facing(party);
    const auto& rtp = own.stream(component::rtp);
    const auto& other_rtp = session.leg_facing(other(party)).stream(component::rtp);
    const auto& statistics = own.rtp_statistics;
    switch (counter) {
        case session_counter::ttl:
            return fmt::format("{}", session.life.remaining(now));
        case session_counter::npkts_ina:
            return fmt::format("{}", rtp.received);
        case session_counter::npkts_ino:
            return fmt::format("{}", other_rtp.received);
        case session_counter::nrelayed:
            return fmt::format("{}", rtp.relayed + other_rtp.relayed);
        case session_counter::ndropped:
            return fmt::format("{}", rtp.dropped + other_rtp.dropped);
        case session_counter::longest_ipi:
            return fmt::format("{:.6f}", std::chrono::duration<double>{rtp.longest_gap}.count());
        case session_counter::rtpa_nsent:
            return fmt::format("{}", statistics.totals().sent);
        case session_counter::rtpa_nrcvd:
            return fmt::format("{}", statistics.totals().received);
        case session_counter::rtpa_ndups:
            return fmt::format("{}", statistics.totals().duplicates);
        case session_counter::rtpa_nlost:
            return fmt::format("{}", statistics.totals().lost());
        case session_counter::rtpa_perrs:
            return fmt::format("{}", statistics.totals().parse_errors);
        case session_counter::rtpa_jlast:
            return fmt::format("{:.6f}", statistics.jitter().last);
        case session_counter::rtpa_jmax:
            return fmt::format("{:.6f}", statistics.jitter().maximum);
        case session_counter::rtpa_javg:
            return fmt::format("{:.6f}", statistics.jitter().average);
    }
    return {};
}

}  // namespace rtpproxy
