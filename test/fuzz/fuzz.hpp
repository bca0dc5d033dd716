#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <source_location>
#include <span>
#include <string_view>

/// The entry point of a fuzz target, as libFuzzer and `replay.cpp` call it: takes one input, returns 0, and
/// ends the program when something is wrong.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace rtpproxy::fuzz {

/// Ends the program with a message unless `holds`. The fuzzer keeps the input that led here.
inline void require(bool holds, std::string_view what, std::string_view about = {},
                    const std::source_location& where = std::source_location::current()) {
    if (holds) return;
    std::cerr << where.file_name() << ':' << where.line() << ": " << what << " [" << about << "]\n";
    std::abort();
}

inline std::string_view to_text(const std::uint8_t* data, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(data), size};
}

/// Takes what is in front of the first `separator`, and it too, off `text`; all of it when there is none.
inline std::string_view take_until(std::string_view& text, char separator) noexcept {
    const auto found = text.find(separator);
    const auto taken = text.substr(0, found);
    text.remove_prefix(found == std::string_view::npos ? text.size() : found + 1);
    return taken;
}

/// Takes one octet off `text`; 0 when it is empty.
inline unsigned take_octet(std::string_view& text) noexcept {
    if (text.empty()) return 0;
    const auto octet = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    return octet;
}

}  // namespace rtpproxy::fuzz
