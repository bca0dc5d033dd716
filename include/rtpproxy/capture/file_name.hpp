#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rtpproxy {

/// The longest stem of a recording's files, in octets; what comes behind it fits into the 255 octets of a
/// file name.
inline constexpr std::size_t longest_recording_stem = 200;

/// Makes the name of a file out of text that anybody may have chosen. Plain names stay as they are.
///
/// - Octets that are no printable ASCII, `/`, a dot in front, and a `%` that two hexadecimal digits follow
/// are written
///   as `%` and two digits. So no name leaves its directory or hides, and different texts have different
///   names.
/// - A name longer than longest_recording_stem is cut, and ends in `~` and a hash of the whole (SHA-1, 32
/// digits).
/// - Nothing, which no command can name, becomes `%`.
[[nodiscard]] std::string safe_file_name(std::string_view text);

/// The stem of what is recorded of a session: `CALLID=TAG`, both without what follows a semicolon, made safe.
/// An equals sign in the tag is written as `%3D`, so that different sessions have different stems.
[[nodiscard]] std::string recording_stem(std::string_view call_id, std::string_view from_tag);

}  // namespace rtpproxy
