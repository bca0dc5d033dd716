#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Undoes URL encoding as the notify tag and the DTMF tag use it: `%HH` is the octet with that hexadecimal
/// number,
/// `+` is a space, all else stands for itself (RFC 1866 §8.2.1).
///
/// Empty when a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> url_decode(std::string_view text);

}  // namespace rtpproxy
