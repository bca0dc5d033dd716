#pragma once

#include "rtpproxy/protocol/counters.hpp"
#include "rtpproxy/session/session.hpp"

#include <string>

namespace rtpproxy {

/// One counter of a session as `Q` prints it. `party` is the one the from_tag named.
[[nodiscard]] std::string format_session_counter(const session& session, side party, session_counter counter,
                                                 tick now);

}  // namespace rtpproxy
