#pragma once

#include "rtpproxy/log/level.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy::log {

/// What a line is made of, as the call site gave it: nothing in it is escaped or shortened yet.
struct entry {
    std::chrono::system_clock::time_point time;  ///< wall clock, for JSON
    std::chrono::nanoseconds uptime{};           ///< see uptime.hpp, for relative times
    level severity = level::info;
    std::string context;   ///< a call-id, or `global`
    std::string function;  ///< short name
    std::uint_least32_t line = 0;
    std::string text;
};

/// How lines look.
enum class line_format : std::uint8_t { text, json };

/// Octets kept of a call-id and of the text; what goes beyond is cut and marked with `...`. A whole line
/// stays well under PIPE_BUF (4096), so that lines of several writers on one pipe do not mix.
inline constexpr std::size_t context_limit = 256;
inline constexpr std::size_t text_limit = 1700;

/// `LEVEL:CONTEXT:function:line: text`, without a newline. Whatever came from outside cannot start a new line
/// or steer a terminal: control characters, bytes that are not UTF-8 and characters that reorder or break
/// lines are written as `\n`, `\x1B`, `\u202E`. Backslashes stay single.
[[nodiscard]] std::string format_text(const entry& line);

/// One JSON object (RFC 8259), without a newline: `ts` (RFC 3339, UTC, milliseconds), `level`, `call_id`
/// (absent for `global`), `function`, `line`, `message`. Bytes that are not UTF-8 are shown as `\xHH`.
[[nodiscard]] std::string format_json(const entry& line);

/// `HH:MM:SS.mmm/`: time passed between `since` and the line; zero for a start in the future.
[[nodiscard]] std::string format_relative_time(const entry& line, std::chrono::nanoseconds since);

/// `2026-02-03T04:05:06.789Z` (RFC 3339).
[[nodiscard]] std::string format_timestamp(std::chrono::system_clock::time_point time);

/// `serve` out of `boost::asio::awaitable<void> rtpproxy::control::serve(int)`; for a lambda the function
/// around it.
[[nodiscard]] std::string_view short_function_name(std::string_view pretty) noexcept;

}  // namespace rtpproxy::log
