#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/protocol/counters.hpp"

#include <boost/container/static_vector.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtpproxy {

// A command is a view: what it says in words points into the text it was read from. Whoever keeps a command
// keeps that text, too. Only what is not there as written is a string of its own.

/// Names a session by call-id and the tags of the two parties. `to_tag` is empty when it was not given.
struct session_selector {
    std::string_view call_id;
    std::string_view from_tag;
    std::optional<std::string_view> to_tag;

    bool operator==(const session_selector&) const = default;
};

/// Where and with which text the controller wants to hear that a session timed out.
struct notify_request {
    std::string_view socket;  ///< as written; matched against the permitted targets later
    std::string tag;          ///< already URL-decoded
};

/// A sender's side of the media description: what `U`, `L` and the `L` sub-command say about one leg.
struct leg_update {
    bool weak = false;               ///< `w`
    bool new_port = false;           ///< `n`
    std::optional<bool> asymmetric;  ///< `a` true, `s` false, neither: the configured default
    boost::container::static_vector<local_addresses::interface, 2>
        interfaces;               ///< `e`/`i`: far leg first, then the returned one
    local_address_ptr local;      ///< from `l`, `r` or the family rule of `6`; null: not chosen here
    bool local_is_named = false;  ///< `local` is from `l` or `r`
    local_address_ptr
        other_family;         ///< of the family that the default address is not of; null: there is none
    std::string_view codecs;  ///< `c`: payload types as written ("0,8,101"); empty when not given
    std::optional<std::chrono::milliseconds> ptime;         ///< `z`
    std::optional<std::chrono::seconds> caller_inactivity;  ///< `t`: limit for the caller's stream, 0 = never
    std::optional<std::chrono::seconds> callee_inactivity;  ///< `T`: the same for the callee's
    std::optional<endpoint> remote;  ///< signalled RTP address, never all-zero; empty when none was usable
    bool hold = false;               ///< the address was all-zero
};

// Sub-commands ("&&").

/// `S[r] ttl=N` or `S[r] tos=N`.
struct set_parameter {
    enum class parameter : unsigned char { ttl, tos };
    parameter name = parameter::ttl;
    unsigned value = 0;    ///< > 0
    bool reverse = false;  ///< the other leg
};
/// `D[w]`.
struct delete_this {
    bool weak = false;
};
/// `L[mods] addr port`.
struct add_leg {
    leg_update update;
};
/// `C call-id from-tag to-tag`.
struct copy_from {
    session_selector source;
};
/// `M<module>:<instance> args...`.
struct module_call {
    unsigned module = 0;
    unsigned instance = 0;
    std::vector<std::string_view> arguments;
};
using subcommand = std::variant<set_parameter, delete_this, add_leg, copy_from, module_call>;

// Commands.

/// `V`.
struct version_command {};
/// `VF date`.
struct capability_command {
    std::string_view date;
};
/// `I[b][l]`.
struct info_command {
    bool with_load = false;
};
/// `G[v] name...`.
struct statistics_command {
    bool verbose = false;
    std::vector<global_counter> names;
};
/// `X`.
struct delete_all_command {};
/// `U`: creates a session or updates the leg of the party that sent this media description.
struct update_command {
    session_selector session;
    leg_update update;
    std::optional<notify_request> notify;
    std::vector<subcommand> subcommands;
};
/// `L`: the other party's answer; creates the second leg.
struct lookup_command {
    session_selector session;
    leg_update update;
    std::vector<subcommand> subcommands;
};
/// `D[w]`. An empty from_tag (`D call-id  to-tag`) cannot be told from a lone tag; see
/// session_manager::remove.
struct delete_command {
    session_selector session;
    bool weak = false;
};
/// `Q[v]`. Defects that are reported only once the session was found stay in the command.
struct query_command {
    session_selector session;
    bool verbose = false;
    bool bad_modifier = false;                          ///< answered E19
    std::vector<std::optional<session_counter>> names;  ///< an unknown name is empty and answered E62
    std::vector<subcommand> subcommands;
};
/// `P[n]`.
struct play_command {
    session_selector session;
    int count = 1;  ///< 0: only stop; negative: endless
    std::string_view prompt;
    std::string_view codecs;
};
/// `S`.
struct stop_play_command {
    session_selector session;
};
/// `R[s]`.
struct record_command {
    session_selector session;
    bool single_file = false;
};
/// `C[s][p]`.
struct copy_command {
    session_selector session;
    std::string_view target;
    bool single_file = false;
    bool report_port = false;
};
/// `N[a]`.
struct stop_record_command {
    session_selector session;
    bool both_legs = false;
};

/// One well-formed command, as long as its text is there. Only parse_command() makes them, so nothing behind
/// it has to check again.
using command =
    std::variant<version_command, capability_command, info_command, statistics_command, delete_all_command,
                 update_command, lookup_command, delete_command, query_command, play_command,
                 stop_play_command, record_command, copy_command, stop_record_command>;

}  // namespace rtpproxy
