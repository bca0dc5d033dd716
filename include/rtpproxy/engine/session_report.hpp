#pragma once

#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/session/session.hpp"

namespace rtpproxy {

/// Writes the summary lines log scrapers read at the end of a session: packets, drops, times, streams, ports.
void log_end_of_session(const session& session, end_reason reason);

}  // namespace rtpproxy
