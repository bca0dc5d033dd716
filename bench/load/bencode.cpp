#include "load/bencode.hpp"

#include <charconv>
#include <cstddef>

namespace rtpproxy::bench {
namespace {

constexpr int deepest_nesting = 32;

void append_string(std::string& text, std::string_view value) {
    text += std::to_string(value.size());
    text += ':';
    text += value;
}

/// `<length>:<octets>`; takes it off the front of `rest`.
std::optional<std::string_view> take_string(std::string_view& rest) {
    std::size_t length = 0;
    const auto* end = rest.data() + rest.size();
    const auto [colon, error] = std::from_chars(rest.data(), end, length);
    if (error != std::errc{} || colon == end || *colon != ':') return std::nullopt;
    const auto begin = static_cast<std::size_t>(colon + 1 - rest.data());
    if (length > rest.size() - begin) return std::nullopt;
    const auto value = rest.substr(begin, length);
    rest.remove_prefix(begin + length);
    return value;
}

/// Takes a value of any type off the front of `rest`.
bool skip_value(std::string_view& rest, int depth = 0) {
    if (rest.empty() || depth > deepest_nesting) return false;
    if (rest.front() == 'i') {
        const auto end = rest.find('e');
        if (end == std::string_view::npos) return false;
        rest.remove_prefix(end + 1);
        return true;
    }
    if (rest.front() != 'l' && rest.front() != 'd') return take_string(rest).has_value();
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() != 'e')
        if (!skip_value(rest, depth + 1)) return false;
    if (rest.empty()) return false;
    rest.remove_prefix(1);
    return true;
}

bool is_string(std::string_view rest) {
    return !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
}

}  // namespace

bencode_dictionary& bencode_dictionary::add(std::string_view key, std::string_view value) {
    append_string(text_, key);
    append_string(text_, value);
    return *this;
}

bencode_dictionary& bencode_dictionary::add(std::string_view key, long long value) {
    append_string(text_, key);
    text_ += "i" + std::to_string(value) + "e";
    return *this;
}

std::optional<std::string_view> find_bencoded(std::string_view text, std::string_view key) {
    if (text.empty() || text.front() != 'd') return std::nullopt;
    text.remove_prefix(1);
    while (!text.empty() && text.front() != 'e') {
        const auto name = take_string(text);
        if (!name) return std::nullopt;
        if (*name == key && is_string(text)) return take_string(text);
        if (!skip_value(text)) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace rtpproxy::bench
