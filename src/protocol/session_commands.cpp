#include "rtpproxy/protocol/notice_tag.hpp"

#include "commands.hpp"
#include "leg_update.hpp"
#include "session_words.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <utility>

namespace rtpproxy {
namespace {

/// Seven words are the notify pair without a to-tag, eight are both: the pair is always last.
parsed<std::optional<notify_request>> parse_notify(const words& arguments) {
    if (arguments.size() < 7) return std::optional<notify_request>{};
    auto tag = decode_notice_tag(arguments.back());
    if (!tag) return protocol_error::bad_notify_tag;
    return std::optional(notify_request{arguments[arguments.size() - 2], *std::move(tag)});
}

parsed<leg_update> parse_leg(const command_text& text) {
    return parse_leg_update(text.modifiers, text.arguments[2], text.arguments[3], text.context);
}

}  // namespace

parsed<command> parse_update(const command_text& text) {
    auto notify = parse_notify(text.arguments);
    if (!notify) return notify.error();
    auto update = parse_leg(text);
    if (!update) return update.error();
    auto session = select_session(text.arguments, 4);
    if (text.arguments.size() == 7) session.to_tag.reset();
    const auto scope = session.to_tag ? subcommand_scope::both_legs : subcommand_scope::one_leg;
    auto subcommands = parse_subcommands(text.subcommands, scope, text.context);
    if (!subcommands) return subcommands.error();
    return update_command{session, *std::move(update), *std::move(notify), *std::move(subcommands)};
}

parsed<command> parse_lookup(const command_text& text) {
    auto update = parse_leg(text);
    if (!update) return update.error();
    auto subcommands = parse_subcommands(text.subcommands, subcommand_scope::one_leg, text.context);
    if (!subcommands) return subcommands.error();
    return lookup_command{select_session(text.arguments, 4), *std::move(update), *std::move(subcommands)};
}

parsed<command> parse_delete(const command_text& text) {
    if (!only_letters(text.modifiers, "w")) return protocol_error::bad_delete_modifier;
    return delete_command{select_session(text.arguments, 2), has_letter(text.modifiers, 'w')};
}

parsed<command> parse_query(const command_text& text) {
    query_command result;
    result.session = select_session(text.arguments, 2);
    result.verbose = has_letter(text.modifiers, 'v');
    result.bad_modifier = !only_letters(text.modifiers, "v");
    for (std::size_t i = 4; i < text.arguments.size(); ++i)
        result.names.push_back(session_counter_named(text.arguments[i]));
    auto subcommands = parse_subcommands(text.subcommands, subcommand_scope::one_leg, text.context);
    if (!subcommands) return subcommands.error();
    result.subcommands = *std::move(subcommands);
    return result;
}

}  // namespace rtpproxy
