#include "commands.hpp"
#include "text.hpp"

namespace rtpproxy {

parsed<command> parse_version(const command_text&) {
    return version_command{};
}

parsed<command> parse_capability(const command_text& text) {
    return capability_command{text.arguments[1]};
}

parsed<command> parse_info(const command_text& text) {
    if (!only_letters(text.modifiers, "bl")) return protocol_error::bad_info_modifier;
    return info_command{has_letter(text.modifiers, 'l')};
}

parsed<command> parse_statistics(const command_text& text) {
    if (!only_letters(text.modifiers, "v")) return protocol_error::bad_statistics_modifier;
    statistics_command result{has_letter(text.modifiers, 'v'), {}};
    for (std::size_t i = 1; i < text.arguments.size(); ++i) {
        const auto counter = global_counter_named(text.arguments[i]);
        if (!counter) return protocol_error::unknown_global_counter;
        result.names.push_back(*counter);
    }
    return result;
}

parsed<command> parse_delete_all(const command_text&) {
    return delete_all_command{};
}

}  // namespace rtpproxy
