#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rtpproxy {

/// `M3:1 tag [pt [h]]`.
struct dtmf_command {
    std::string tag;                  ///< URL-decoded
    std::uint8_t payload_type = 101;  ///< 0 to 127
    bool swallow = false;
};

/// Reads the arguments behind `M3:1`; empty when there are too few or too many, the tag is no URL encoding,
/// the payload type no number up to 127, or the letter another one than `h`.
[[nodiscard]] std::optional<dtmf_command> parse_dtmf_command(std::span<const std::string_view> arguments);

}  // namespace rtpproxy
