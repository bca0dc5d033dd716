// The notify tag: decoding, and that nothing is lost by encoding and decoding again.

#include "rtpproxy/protocol/url_decode.hpp"

#include "fuzz.hpp"

#include <string>

using namespace rtpproxy;
using fuzz::require;

namespace {

std::string url_encode(std::string_view plain) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string encoded;
    for (const char c : plain) {
        const auto octet = static_cast<unsigned char>(c);
        encoded += {'%', digits[octet >> 4], digits[octet & 15]};
    }
    return encoded;
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Whether every `%` has its two digits.
bool is_well_formed(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') continue;
        if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
        i += 2;
    }
    return true;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::to_text(data, size);
    const auto decoded = url_decode(text);
    require(decoded.has_value() == is_well_formed(text), "refused what is well formed, or the reverse", text);
    if (decoded) require(decoded->size() <= text.size(), "longer than before", text);
    require(url_decode(url_encode(text)) == std::string(text), "lost by encoding and decoding", text);
    return 0;
}
