#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace rtpproxy {

/// Counters of the whole server, as `G` names them, in the protocol's order; the last ones are ours.
enum class global_counter : unsigned char {
    nsess_created,
    nsess_destroyed,
    nsess_timeout,
    nsess_complete,
    nsess_nortp,
    nsess_owrtp,
    nsess_nortcp,
    nsess_owrtcp,
    nplrs_created,
    nplrs_destroyed,
    npkts_rcvd,
    npkts_played,
    npkts_relayed,
    npkts_resizer_in,
    npkts_resizer_out,
    npkts_resizer_discard,
    npkts_discard,
    total_duration,
    ncmds_rcvd,
    ncmds_rcvd_ndups,
    ncmds_succd,
    ncmds_errs,
    ncmds_repld,
    rtpa_nsent,
    rtpa_nrcvd,
    rtpa_ndups,
    rtpa_nlost,
    rtpa_perrs,
    pps_in,
    nnotices_lost,
};
inline constexpr std::size_t global_counter_count = 30;

/// Counters of one session, as `Q` names them.
enum class session_counter : unsigned char {
    ttl,
    npkts_ina,
    npkts_ino,
    nrelayed,
    ndropped,
    longest_ipi,
    rtpa_nsent,
    rtpa_nrcvd,
    rtpa_ndups,
    rtpa_nlost,
    rtpa_perrs,
    rtpa_jlast,
    rtpa_jmax,
    rtpa_javg,
};
inline constexpr std::size_t session_counter_count = 14;

[[nodiscard]] std::string_view to_string(global_counter counter) noexcept;
[[nodiscard]] std::string_view to_string(session_counter counter) noexcept;
[[nodiscard]] std::optional<global_counter> global_counter_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<session_counter> session_counter_named(std::string_view name) noexcept;

}  // namespace rtpproxy
