#include "rtpproxy/log/escape.hpp"

#include <boost/locale/utf.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace rtpproxy::log {
namespace {

namespace utf = boost::locale::utf;
using utf8 = utf::utf_traits<char>;

bool is_c0_control(utf::code_point point) {
    return point < 0x20;
}

// C1 controls, and what breaks lines or reorders text on a screen (Unicode UAX #9 and #14).
bool misleads_readers(utf::code_point point) {
    return (point >= 0x7f && point <= 0x9f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

std::string show(utf::code_point point) {
    switch (point) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return point < 0x80 ? fmt::format("\\x{:02X}", point) : fmt::format("\\u{:04X}", point);
    }
}

// One character (or one stray byte) as the line shows it. Moves `at` behind it.
std::string next_piece(std::string_view::const_iterator& at, std::string_view::const_iterator end,
                       escape_for reader) {
    const auto start = at;
    const utf::code_point point = utf8::decode(at, end);
    if (point == utf::illegal || point == utf::incomplete) {
        at = start + 1;
        return fmt::format("\\x{:02X}", static_cast<unsigned char>(*start));
    }
    const bool hide = misleads_readers(point) || (is_c0_control(point) && reader == escape_for::text);
    return hide ? show(point) : std::string(start, at);
}

// A JSON encoder writes `\u0001` for a control, and doubles a quote or backslash.
std::size_t octets_on_line(const std::string& piece, escape_for reader) {
    if (reader == escape_for::text) return piece.size();
    if (is_c0_control(static_cast<unsigned char>(piece.front()))) return 6;
    return piece.size() + (piece.front() == '\\' || piece.front() == '"' ? 1 : 0);
}

}  // namespace

std::string escape(std::string_view raw, std::size_t limit, escape_for reader) {
    std::string shown;
    shown.reserve(std::min(raw.size(), limit));
    std::size_t used = 0;
    for (auto at = raw.begin(); at != raw.end();) {
        const std::string piece = next_piece(at, raw.end(), reader);
        used += octets_on_line(piece, reader);
        if (used > limit) return shown + "...";
        shown += piece;
    }
    return shown;
}

}  // namespace rtpproxy::log
