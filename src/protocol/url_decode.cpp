#include "rtpproxy/protocol/url_decode.hpp"

#include "text.hpp"

namespace rtpproxy {
namespace {

std::optional<char> decode_octet(std::string_view digits) noexcept {
    unsigned char octet = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, octet, 16);
    if (digits.size() != 2 || error != std::errc{} || stop != end) return std::nullopt;
    return static_cast<char>(octet);
}

}  // namespace

std::optional<std::string> url_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const auto octet = decode_octet(text.substr(i + 1, 2));
        if (!octet) return std::nullopt;
        decoded += *octet;
        i += 2;
    }
    return decoded;
}

}  // namespace rtpproxy
