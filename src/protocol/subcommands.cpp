#include "subcommands.hpp"

#include "leg_update.hpp"
#include "text.hpp"

#include <iterator>
#include <utility>

namespace rtpproxy {
namespace {

using maybe_subcommand = std::optional<subcommand>;

/// The letter's modifiers: all of the first word but its first character.
std::string_view modifiers_of(const words& part) noexcept {
    return part.front().substr(1);
}

std::optional<set_parameter::parameter> take_name(std::string_view& setting) noexcept {
    using enum set_parameter::parameter;
    const auto name = setting.substr(0, 4);
    setting.remove_prefix(name.size());
    if (name == "ttl=") return ttl;
    if (name == "tos=") return tos;
    return std::nullopt;
}

/// Any one letter is taken for a direction; all but `r` mean the leg itself.
maybe_subcommand parse_set(const words& part) {
    const auto direction = modifiers_of(part);
    if (part.size() != 2 || direction.size() > 1) return std::nullopt;
    auto setting = part[1];
    const auto name = take_name(setting);
    const auto value = parse_number<unsigned>(setting);
    if (!name || !value || *value == 0) return std::nullopt;
    return set_parameter{*name, *value, has_letter(direction, 'r')};
}

maybe_subcommand parse_delete(const words& part) {
    const auto modifiers = modifiers_of(part);
    if (part.size() != 1 || !only_letters(modifiers, "w")) return std::nullopt;
    return delete_this{!modifiers.empty()};
}

maybe_subcommand parse_leg(const words& part, const parse_context& context) {
    if (part.size() != 3) return std::nullopt;
    auto update = parse_leg_update(modifiers_of(part), part[1], part[2], context);
    if (!update) return std::nullopt;
    return add_leg{*std::move(update)};
}

maybe_subcommand parse_copy(const words& part) {
    if (part.size() != 4 || !modifiers_of(part).empty()) return std::nullopt;
    return copy_from{{part[1], part[2], part[3]}};
}

/// The modules that take commands. There is one instance of each.
constexpr bool is_known_module(unsigned module, unsigned instance) noexcept {
    constexpr unsigned dtmf_capture = 3;
    return module == dtmf_capture && instance == 1;
}

maybe_subcommand parse_module(const words& part) {
    text_cursor text(modifiers_of(part));
    const auto module = parse_number<unsigned>(text.take_while(is_digit));
    const bool colon = text.take_if(':');
    const auto instance = parse_number<unsigned>(text.take_while(is_digit));
    if (!module || !colon || !instance || !text.done()) return std::nullopt;
    if (!is_known_module(*module, *instance)) return std::nullopt;
    return module_call{*module, *instance, {std::next(part.begin()), part.end()}};
}

maybe_subcommand parse_subcommand(const words& part, subcommand_scope scope, const parse_context& context) {
    const bool both_legs = scope == subcommand_scope::both_legs;
    switch (to_lower(part.front().front())) {
        case 's':
            return parse_set(part);
        case 'd':
            return parse_delete(part);
        case 'l':
            return both_legs ? parse_leg(part, context) : std::nullopt;
        case 'c':
            return both_legs ? parse_copy(part) : std::nullopt;
        case 'm':
            return parse_module(part);
        default:
            return std::nullopt;
    }
}

}  // namespace

parsed<std::vector<subcommand>> parse_subcommands(std::span<const words> parts, subcommand_scope scope,
                                                  const parse_context& context) {
    std::vector<subcommand> result;
    result.reserve(parts.size());
    for (const auto& part : parts) {
        auto one = parse_subcommand(part, scope, context);
        if (!one) return protocol_error::bad_subcommand;
        result.push_back(*std::move(one));
    }
    return result;
}

}  // namespace rtpproxy
