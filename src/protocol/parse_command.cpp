#include "rtpproxy/protocol/parse_command.hpp"

#include "commands.hpp"
#include "text.hpp"
#include "words.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace rtpproxy {
namespace {

/// What holds for a command whatever its arguments are.
struct command_rule {
    std::string_view name;  ///< one letter or two, lower case
    std::size_t min_words;  ///< the name's own included
    std::size_t max_words;
    bool modifiers;
    bool subcommands;
    parsed<command> (*parse)(const command_text&);
};

/// `vf` comes before `v`: the first name that fits is taken.
constexpr std::array rules{
    command_rule{"vf", 2, 2, false, false, parse_capability},
    command_rule{"v", 1, 1, false, false, parse_version},
    command_rule{"i", 1, 1, true, false, parse_info},
    command_rule{"g", 1, 30, true, false, parse_statistics},
    command_rule{"x", 1, 1, false, false, parse_delete_all},
    command_rule{"u", 5, 8, true, true, parse_update},
    command_rule{"l", 5, 6, true, true, parse_lookup},
    command_rule{"d", 3, 4, true, false, parse_delete},
    command_rule{"p", 5, 6, true, false, parse_play},
    command_rule{"s", 3, 4, false, false, parse_stop_play},
    command_rule{"r", 3, 4, true, false, parse_record},
    command_rule{"c", 4, 5, true, false, parse_copy},
    command_rule{"n", 3, 4, true, false, parse_stop_record},
    command_rule{"q", 3, 15, true, true, parse_query},
};

const command_rule* find_rule(std::string_view word) noexcept {
    const char first = to_lower(word.front());
    const char second = word.size() > 1 ? to_lower(word[1]) : '\0';
    const auto* const found = std::ranges::find_if(rules, [&](const command_rule& rule) {
        return rule.name.front() == first && (rule.name.size() == 1 || rule.name[1] == second);
    });
    return found == rules.end() ? nullptr : found;
}

/// `parts` is the command followed by its sub-commands. The order of the checks is part of the protocol.
parsed<command> parse_parts(std::span<const words> parts, const parse_context& context) {
    const auto& main = parts.front();
    const auto subparts = parts.subspan(1);

    const auto* const rule = find_rule(main.front());
    if (!rule) return protocol_error::unknown_command;
    if (main.size() < rule->min_words || main.size() > rule->max_words) return protocol_error::argument_count;
    const auto modifiers = main.front().substr(rule->name.size());
    if (!rule->modifiers && !modifiers.empty()) return protocol_error::modifiers_not_allowed;
    if (!rule->subcommands && !subparts.empty()) return protocol_error::bad_subcommand;

    return rule->parse({modifiers, main, subparts, context});
}

}  // namespace

parse_result parse_command(std::string_view text, const parse_context& context) {
    command_parts parts;
    if (!split_words(text, parts)) return protocol_error::syntax;
    return parse_parts(parts, context);
}

}  // namespace rtpproxy
