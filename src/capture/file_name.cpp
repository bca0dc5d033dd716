#include "rtpproxy/capture/file_name.hpp"

#include <boost/algorithm/hex.hpp>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

#include <iterator>

namespace rtpproxy {
namespace {

bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_printable(char c) noexcept {
    return c > ' ' && c < '\x7f';
}

/// Whether what follows reads like `%2F`.
bool reads_like_an_escape(std::string_view text) noexcept {
    return text.size() >= 3 && text[0] == '%' && is_hex_digit(text[1]) && is_hex_digit(text[2]);
}

void append_escaped(std::string& name, char octet) {
    name += '%';
    boost::algorithm::hex(&octet, &octet + 1, std::back_inserter(name));
}

std::string escape(std::string_view text, std::string_view also = {}) {
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool plain = is_printable(c) && c != '/' && also.find(c) == also.npos;
        if (plain && !reads_like_an_escape(text.substr(i)) && (i != 0 || c != '.'))
            name += c;
        else
            append_escaped(name, c);
    }
    return name;
}

std::string hash_of(const std::string& name) {
    const boost::uuids::name_generator_sha1 hash{boost::uuids::ns::oid()};
    const auto digest = hash(name);
    std::string digits;
    boost::algorithm::hex_lower(digest.begin(), digest.end(), std::back_inserter(digits));
    return digits;
}

std::string bounded(std::string name) {
    if (name.empty()) return "%";
    if (name.size() <= longest_recording_stem) return name;
    const auto hash = '~' + hash_of(name);
    return name.substr(0, longest_recording_stem - hash.size()) + hash;
}

std::string_view before_semicolon(std::string_view text) noexcept {
    return text.substr(0, text.find(';'));
}

}  // namespace

std::string safe_file_name(std::string_view text) {
    return bounded(escape(text));
}

std::string recording_stem(std::string_view call_id, std::string_view from_tag) {
    return bounded(escape(before_semicolon(call_id)) + '=' + escape(before_semicolon(from_tag), "="));
}

}  // namespace rtpproxy
