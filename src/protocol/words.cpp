#include "words.hpp"

#include "rtpproxy/protocol/parse_command.hpp"

namespace rtpproxy {
namespace {

// Commands are made of short words: plain comparisons beat the searches of string_view.
constexpr bool is_separator(char octet) noexcept {
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

std::string_view trim_front(std::string_view text) noexcept {
    while (!text.empty() && is_separator(text.front()))
        text.remove_prefix(1);
    return text;
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_separator(text.back()))
        text.remove_suffix(1);
    return trim_front(text);
}

std::string_view first_word(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && !is_separator(text[length]))
        ++length;
    return text.substr(0, length);
}

bool has_nul(std::string_view text) noexcept {
    return text.find('\0') != std::string_view::npos;
}

}  // namespace

cookie_and_command split_cookie(std::string_view datagram) noexcept {
    const auto text = trim_front(datagram);
    const auto cookie = first_word(text);
    if (has_nul(cookie)) return {};
    return {cookie, trim(text.substr(cookie.size()))};
}

parsed<std::vector<words>> split_words(std::string_view text) {
    if (text.size() > max_command_octets || has_nul(text)) return protocol_error::syntax;
    std::vector<words> parts(1);
    for (text = trim_front(text); !text.empty(); text = trim_front(text)) {
        const auto word = first_word(text);
        text.remove_prefix(word.size());
        if (word != "&&") {
            if (parts.back().size() == max_words) return protocol_error::syntax;
            parts.back().push_back(word);
        } else {
            if (parts.back().empty() || parts.size() > max_subcommands) return protocol_error::syntax;
            parts.emplace_back();
        }
    }
    if (parts.back().empty()) return protocol_error::syntax;
    return parts;
}

}  // namespace rtpproxy
