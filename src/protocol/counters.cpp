#include "rtpproxy/protocol/counters.hpp"

#include <algorithm>

namespace rtpproxy {
namespace {

constexpr std::array<std::string_view, global_counter_count> global_names{
    "nsess_created", "nsess_destroyed",  "nsess_timeout",     "nsess_complete",
    "nsess_nortp",   "nsess_owrtp",      "nsess_nortcp",      "nsess_owrtcp",
    "nplrs_created", "nplrs_destroyed",  "npkts_rcvd",        "npkts_played",
    "npkts_relayed", "npkts_resizer_in", "npkts_resizer_out", "npkts_resizer_discard",
    "npkts_discard", "total_duration",   "ncmds_rcvd",        "ncmds_rcvd_ndups",
    "ncmds_succd",   "ncmds_errs",       "ncmds_repld",       "rtpa_nsent",
    "rtpa_nrcvd",    "rtpa_ndups",       "rtpa_nlost",        "rtpa_perrs",
    "pps_in",        "nnotices_lost",
};
static_assert(global_names.back() == "nnotices_lost" &&
              global_counter::nnotices_lost == global_counter{global_counter_count - 1});

constexpr std::array<std::string_view, session_counter_count> session_names{
    "ttl",        "npkts_ina",  "npkts_ino",  "nrelayed",   "ndropped",   "longest_ipi", "rtpa_nsent",
    "rtpa_nrcvd", "rtpa_ndups", "rtpa_nlost", "rtpa_perrs", "rtpa_jlast", "rtpa_jmax",   "rtpa_javg",
};
static_assert(session_names.back() == "rtpa_javg" &&
              session_counter::rtpa_javg == session_counter{session_counter_count - 1});

/// The counter at the place that `name` has among `names`.
template <class Counter, std::size_t Count>
std::optional<Counter> counter_named(std::string_view name,
                                     const std::array<std::string_view, Count>& names) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Counter>(found - names.begin());
}

}  // namespace

std::string_view to_string(global_counter counter) noexcept {
    return global_names[static_cast<std::size_t>(counter)];
}

std::string_view to_string(session_counter counter) noexcept {
    return session_names[static_cast<std::size_t>(counter)];
}

std::optional<global_counter> global_counter_named(std::string_view name) noexcept {
    return counter_named<global_counter>(name, global_names);
}

std::optional<session_counter> session_counter_named(std::string_view name) noexcept {
    return counter_named<session_counter>(name, session_names);
}

}  // namespace rtpproxy
