#include "rtpproxy/session/drop_reason.hpp"

namespace rtpproxy {

std::string_view to_string(drop_reason reason) noexcept {
    switch (reason) {
        case drop_reason::early:
            return "only one leg yet";
        case drop_reason::source_refused:
            return "source refused";
        case drop_reason::foreign_host:
            return "not the signalled host";
        case drop_reason::on_trial:
            return "source on trial";
        case drop_reason::not_rtp:
            return "unknown source, no RTP";
        case drop_reason::payload_type:
            return "unknown source, payload type not signalled";
        case drop_reason::moved_too_early:
            return "moved too early";
        case drop_reason::other_stream:
            return "not the latched stream";
        case drop_reason::former_call:
            return "stream of an earlier call";
        case drop_reason::rtcp_foreign_host:
            return "RTCP from another host than RTP";
        case drop_reason::rate_limited:
            return "rate limited";
        case drop_reason::no_destination:
            return "no destination";
        case drop_reason::loop:
            return "loop";
        case drop_reason::forbidden_destination:
            return "destination not permitted";
        case drop_reason::not_for_neighbour:
            return "not media, destination on this host";
        case drop_reason::send_failed:
            return "send failed";
        case drop_reason::session_over:
            return "session is over";
        case drop_reason::playing:
            return "a prompt is playing";
        case drop_reason::fed:
            return "fed by another session";
        case drop_reason::swallowed:
            return "event swallowed";
    }
    return "unknown";
}

}  // namespace rtpproxy
