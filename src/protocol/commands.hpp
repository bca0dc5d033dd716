#pragma once

#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/protocol/parse_command.hpp"

#include "parsed.hpp"
#include "words.hpp"

#include <span>
#include <string_view>

namespace rtpproxy {

/// A command with its letter recognised and its words counted: each parser below may index all it needs.
struct command_text {
    std::string_view modifiers;          ///< what follows the letter in the first word
    const words& arguments;              ///< `arguments[0]` is the first word itself
    std::span<const words> subcommands;  ///< none unless the command admits them
    const parse_context& context;
};

// One parser for each command. Errors as said at the grammar rule; `bad_subcommand` comes last.

/// `V`.
[[nodiscard]] parsed<command> parse_version(const command_text& text);
/// `VF date`.
[[nodiscard]] parsed<command> parse_capability(const command_text& text);
/// `I[b][l]`, else `bad_info_modifier`.
[[nodiscard]] parsed<command> parse_info(const command_text& text);
/// `G[v] name...`, else `bad_statistics_modifier`, `unknown_global_counter`.
[[nodiscard]] parsed<command> parse_statistics(const command_text& text);
/// `X`.
[[nodiscard]] parsed<command> parse_delete_all(const command_text& text);
/// `U[mods] call-id address port from-tag [to-tag] [notify-socket notify-tag]`, else `bad_notify_tag` and the
/// errors of parse_leg_update(). Sub-commands on the other leg come only when it says who the other party is.
[[nodiscard]] parsed<command> parse_update(const command_text& text);
/// `L[mods] call-id address port from-tag [to-tag]`, else the errors of parse_leg_update().
[[nodiscard]] parsed<command> parse_lookup(const command_text& text);
/// `D[w] call-id from-tag [to-tag]`, else `bad_delete_modifier`.
[[nodiscard]] parsed<command> parse_delete(const command_text& text);
/// `Q[v] call-id from-tag [to-tag [name...]]`; defects stay in the command.
[[nodiscard]] parsed<command> parse_query(const command_text& text);
/// `P[count] call-id prompt codecs from-tag [to-tag]`, else `bad_play_count`.
[[nodiscard]] parsed<command> parse_play(const command_text& text);
/// `S call-id from-tag [to-tag]`.
[[nodiscard]] parsed<command> parse_stop_play(const command_text& text);
/// `R[s] call-id from-tag [to-tag]`, else `record_ports_unsupported` for `p`, `bad_record_modifier`.
[[nodiscard]] parsed<command> parse_record(const command_text& text);
/// `C[s][p] call-id target from-tag [to-tag]`, else `bad_record_modifier`.
[[nodiscard]] parsed<command> parse_copy(const command_text& text);
/// `N[a] call-id from-tag [to-tag]`, else `bad_record_modifier`, or `record_ports_unsupported` behind the
/// `a`.
[[nodiscard]] parsed<command> parse_stop_record(const command_text& text);

}  // namespace rtpproxy
