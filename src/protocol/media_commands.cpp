#include "commands.hpp"
#include "session_words.hpp"
#include "text.hpp"

namespace rtpproxy {
namespace {

/// `[ "+" / "-" ] 1*DIGIT`, or nothing for once; empty when it is something else.
std::optional<int> parse_count(std::string_view text) noexcept {
    if (text.empty()) return 1;
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    return parse_number<int>(text);
}

}  // namespace

parsed<command> parse_play(const command_text& text) {
    const auto count = parse_count(text.modifiers);
    if (!count) return protocol_error::bad_play_count;
    const auto& arguments = text.arguments;
    return play_command{select_session(arguments, 4), *count, arguments[2], arguments[3]};
}

parsed<command> parse_stop_play(const command_text& text) {
    return stop_play_command{select_session(text.arguments, 2)};
}

parsed<command> parse_record(const command_text& text) {
    for (const char letter : text.modifiers) {
        if (to_lower(letter) == 'p') return protocol_error::record_ports_unsupported;
        if (to_lower(letter) != 's') return protocol_error::bad_record_modifier;
    }
    return record_command{select_session(text.arguments, 2), !text.modifiers.empty()};
}

parsed<command> parse_copy(const command_text& text) {
    if (!only_letters(text.modifiers, "sp")) return protocol_error::bad_record_modifier;
    return copy_command{select_session(text.arguments, 3), text.arguments[2], has_letter(text.modifiers, 's'),
                        has_letter(text.modifiers, 'p')};
}

parsed<command> parse_stop_record(const command_text& text) {
    const auto modifiers = text.modifiers;
    if (!modifiers.empty() && to_lower(modifiers.front()) != 'a') return protocol_error::bad_record_modifier;
    if (modifiers.size() > 1) return protocol_error::record_ports_unsupported;
    return stop_record_command{select_session(text.arguments, 2), !modifiers.empty()};
}

}  // namespace rtpproxy
