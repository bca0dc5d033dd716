#pragma once

#include <cstdint>
#include <filesystem>

namespace rtpproxy {

/// How a record looks in a file.
enum class record_format : std::uint8_t {
    csv,   ///< the classic program's 54 columns
    json,  ///< an object a line
};

/// A file that records are appended to.
struct record_target {
    record_format format = record_format::csv;
    std::filesystem::path path;

    friend bool operator==(const record_target&, const record_target&) = default;
};

}  // namespace rtpproxy
