#include "rtpproxy/session/relay_statistics.hpp"

namespace rtpproxy {

std::string_view to_string(drop_reason reason) noexcept {
    switch (reason) {
        case drop_reason::early:
            return "only one leg yet";
        case drop_reason::source_refused:
            return "source refused";
        case drop_reason::no_destination:
            return "no destination";
        case drop_reason::loop:
            return "loop";
        case drop_reason::send_failed:
            return "send failed";
        case drop_reason::session_over:
            return "session is over";
    }
    return "unknown";
}

}  // namespace rtpproxy
