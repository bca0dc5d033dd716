#include "words.hpp"

#include "rtpproxy/protocol/parse_command.hpp"

namespace rtpproxy {
namespace {

constexpr bool is_separator(char octet) noexcept {
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

// Commands are made of short words: plain comparisons beat the searches of string_view.

const char* skip_separators(const char* at, const char* end) noexcept {
    while (at != end && is_separator(*at))
        ++at;
    return at;
}

/// To the next separator. All of them come before what words are usually made of.
const char* skip_word(const char* at, const char* end) noexcept {
    constexpr unsigned char last_separator = ' ';
    while (at != end && (static_cast<unsigned char>(*at) > last_separator || !is_separator(*at)))
        ++at;
    return at;
}

bool has_nul(std::string_view text) noexcept {
    return text.find('\0') != std::string_view::npos;
}

/// Begins the next sub-command when `word` says so. @returns false when the grammar has no place for it.
bool add_word(command_parts& parts, std::string_view word) {
    if (word != "&&") {
        if (parts.back().size() == max_words) return false;
        parts.back().push_back(word);
        return true;
    }
    if (parts.back().empty() || parts.size() > max_subcommands) return false;
    parts.emplace_back();
    return true;
}

}  // namespace

cookie_and_command split_cookie(std::string_view datagram) noexcept {
    const char* end = datagram.data() + datagram.size();
    const char* const cookie_begin = skip_separators(datagram.data(), end);
    const char* const cookie_end = skip_word(cookie_begin, end);
    const std::string_view cookie(cookie_begin, cookie_end);
    if (has_nul(cookie)) return {};
    const char* const command_begin = skip_separators(cookie_end, end);
    while (end != command_begin && is_separator(end[-1]))
        --end;
    return {cookie, {command_begin, end}};
}

bool split_words(std::string_view text, command_parts& parts) {
    if (text.size() > max_command_octets || has_nul(text)) return false;
    parts.clear();
    parts.emplace_back();
    const char* const end = text.data() + text.size();
    const char* at = skip_separators(text.data(), end);
    while (at != end) {
        const char* const word_end = skip_word(at, end);
        if (!add_word(parts, {at, word_end})) return false;
        at = skip_separators(word_end, end);
    }
    return !parts.back().empty();
}

}  // namespace rtpproxy
