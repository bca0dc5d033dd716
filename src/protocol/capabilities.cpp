#include "rtpproxy/protocol/capabilities.hpp"

#include <algorithm>
#include <array>

namespace rtpproxy {
namespace {

// The controller acts on every 1: it then sends the commands that come with the date. So `supported` is set
// only when they work.
constexpr std::array table{
    capability{base_version, "base protocol", true, false},
    capability{"20050322", "several media streams in a call, music on hold", true, false},
    capability{"20060704", "question for a capability (VF)", true, false},
    capability{"20071116", "re-packetisation of RTP (z)", true, false},
    capability{"20071218", "copying of a stream to another place (C)", true, false},
    capability{"20080403", "statistics of one session (Q)", true, false},
    capability{"20081102", "codec list in U and L (c), played as 'session' (P)", true, false},
    capability{"20081224", "notification of session timeout", true, true},
    capability{"20090810", "bridging by local address and by route (l, r)", true, false},
    capability{"20140323", "load in the summary (Il)", true, false},
    capability{"20140617", "session connect time counts from the answer", true, false},
    capability{"20141004", "statistics of the server (G)", true, false},
    capability{"20150330", "new port on request (Un, Ln)", true, false},
    capability{"20150420", "sequence tracking, named counters in Q", true, false},
    capability{"20150617", "notify target at the controller's own address (%%CC_SELF%%)", true, false},
    capability{"20170313", "per-stream inactivity limits (t, T)", true, false},
    capability{"20191015", "sub-commands (&&)", true, false},
    capability{"20200226", "end of recording and copying (N)", true, false},
    capability{"20230205", "count of lost packets, DTMF capture without relaying", true, false},
    capability{"20230314", "query and delete in one command (Q && D)", true, false},
    capability{"20230424", "longest gap between packets and jitter in Q", true, false},
    capability{"20250523", "port that copies are sent from (Cp)", true, false},
    capability{"20251015", "TTL and TOS by sub-command (S)", true, false},
    capability{"20260306", "labels of local addresses (l{label})", true, false},
    capability{"20260308", "both legs in one command (U && L)", true, false},
    capability{"20260309", "media of one session fed into another (&& C)", true, false},
};
static_assert(std::ranges::is_sorted(table, {}, &capability::date));

}  // namespace

std::span<const capability> capabilities() noexcept {
    return table;
}

bool has_capability(std::string_view date, bool notify_configured) noexcept {
    const auto* const found = std::ranges::find(table, date, &capability::date);
    if (found == table.end() || !found->supported) return false;
    return notify_configured || !found->needs_notify_target;
}

}  // namespace rtpproxy
