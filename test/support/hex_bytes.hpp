#pragma once

#include <boost/algorithm/hex.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy::test {

/// Octets written as hexadecimal digits; blanks and line ends do not count.
inline std::vector<std::byte> from_hex(std::string_view text) {
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != ' ' && c != '\n'; });
    std::string octets;
    boost::algorithm::unhex(digits, std::back_inserter(octets));
    std::vector<std::byte> bytes(octets.size());
    std::ranges::transform(octets, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

/// The octets as lower-case digits, without blanks.
inline std::string to_hex(std::span<const std::byte> bytes) {
    std::string digits;
    boost::algorithm::hex_lower(reinterpret_cast<const unsigned char*>(bytes.data()),
                                reinterpret_cast<const unsigned char*>(bytes.data()) + bytes.size(),
                                std::back_inserter(digits));
    return digits;
}

/// Joins them.
inline std::vector<std::byte> operator+(std::vector<std::byte> a, const std::vector<std::byte>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace rtpproxy::test
