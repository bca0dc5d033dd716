#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rtpproxy::log {

/// Who reads the result of `escape`: a text line, or a JSON encoder that escapes C0 controls itself.
enum class escape_for : std::uint8_t { text, json };

/// Makes text from outside harmless (see `format_text`) and cuts it, at a character, where the line would
/// come to hold more than `limit` octets of it.
[[nodiscard]] std::string escape(std::string_view raw, std::size_t limit, escape_for reader);

}  // namespace rtpproxy::log
