#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy {

/// The tag of a notice, as a command carries it: see url_decode().
///
/// A notice is one line, and the tag a part of it. So it is empty, besides for what is malformed, when a
/// control character (0x00 to 0x1f, 0x7f) comes out or stands there as it is: a newline would make two
/// notices of one.
[[nodiscard]] std::optional<std::string> decode_notice_tag(std::string_view text);

}  // namespace rtpproxy
