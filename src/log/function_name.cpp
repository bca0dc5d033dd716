#include "rtpproxy/log/format.hpp"

namespace rtpproxy::log {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view operator_word = "operator";

bool is_name_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '~';
}

// Where the word `operator` starts as a word of its own, or npos.
std::size_t find_operator(std::string_view pretty) noexcept {
    for (auto at = pretty.find(operator_word); at != npos; at = pretty.find(operator_word, at + 1)) {
        const auto after = at + operator_word.size();
        const bool starts = at == 0 || !is_name_char(pretty[at - 1]);
        const bool ends = after < pretty.size() && !is_name_char(pretty[after]);
        if (starts && ends) return at;
    }
    return npos;
}

// The parenthesis that opens the outermost function's parameters: the first one outside template arguments
// that follows a name. `decltype(auto)` and `(anonymous namespace)` open none.
std::size_t find_parameters(std::string_view pretty) noexcept {
    int depth = 0;
    for (std::size_t at = 0; at < pretty.size(); ++at) {
        if (pretty[at] == '<') ++depth;
        if (pretty[at] == '>') --depth;
        if (pretty[at] != '(' || depth != 0 || at == 0) continue;
        const bool names_something = is_name_char(pretty[at - 1]) || pretty[at - 1] == '>';
        if (names_something && !pretty.substr(0, at).ends_with("decltype")) return at;
    }
    return npos;
}

// Start of the name that ends at `end`, template arguments included.
std::size_t name_start(std::string_view pretty, std::size_t end) noexcept {
    int depth = 0;
    std::size_t at = end;
    for (; at > 0; --at) {
        const char c = pretty[at - 1];
        if (c == '>') ++depth;
        if (depth == 0 && !is_name_char(c)) break;
        if (c == '<') --depth;
    }
    return at;
}

}  // namespace

std::string_view short_function_name(std::string_view pretty) noexcept {
    const auto parameters = find_parameters(pretty);
    const auto named_operator = find_operator(pretty);
    if (named_operator != npos && (parameters == npos || named_operator < parameters)) {
        // `operator()(int)`: the first parentheses belong to the name.
        const auto after = named_operator + operator_word.size();
        return pretty.substr(named_operator, pretty.find('(', after + 1) - named_operator);
    }
    if (parameters == npos) return pretty;
    const auto start = name_start(pretty, parameters);
    const auto name = pretty.substr(start, parameters - start);
    return name.substr(0, name.find('<'));
}

}  // namespace rtpproxy::log
