#pragma once

namespace rtpproxy {

/// Why a command failed. The value is the number the controller is told: `E<n>`.
enum class protocol_error : int {
    unknown_command = 0,
    argument_count = 1,            ///< wrong number of arguments
    modifiers_not_allowed = 2,     ///< `V VF X S` take none
    bad_subcommand = 3,            ///< not allowed here, or malformed
    syntax = 5,                    ///< no command, too many tokens or sub-commands, embedded NUL
    record_ports_unsupported = 6,  ///< `R` with `p`; `Na` followed by more
    bad_record_modifier = 7,       ///< unknown modifier of `R`, `C` or `N`
    bad_delete_modifier = 8,
    bad_statistics_modifier = 9,
    bad_notify_tag = 10,
    bad_external_interface = 11,
    bad_internal_interface = 12,
    bad_ptime = 13,
    bad_codec_list = 14,
    bad_local_address = 15,
    bad_route_address = 16,
    bad_play_count = 17,
    bad_info_modifier = 18,
    bad_query_modifier = 19,
    statistics_reply_too_long = 25,
    query_reply_too_long = 26,
    unusable_local_address = 31,
    no_route = 32,
    bad_update_modifier = 35,  ///< unknown modifier of `U`/`L`; `P ... session` without a stored codec list
    no_address_of_family = 36,
    bad_remote_address = 37,
    session_not_found = 50,
    play_failed = 60,
    unknown_session_counter = 62,
    copy_failed = 65,
    unknown_global_counter = 68,
    no_port_for_leg = 71,      ///< no port pair for another leg of an existing session
    no_port_for_session = 72,  ///< session creation failed
    notification_disabled = 75,
    out_of_memory = 81,
    overloaded = 98,
    shutting_down = 99,
};

}  // namespace rtpproxy
