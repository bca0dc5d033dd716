#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace rtpproxy::log {

/// Name of the clock behind `uptime()`, as `-C` prints it.
inline constexpr std::string_view uptime_clock_name = "CLOCK_BOOTTIME";

/// Time since the machine booted, sleep included. Any thread.
[[nodiscard]] std::chrono::nanoseconds uptime() noexcept;

/// Reads `RTPP_LOG_TSTART`: seconds of `uptime()`, a fraction allowed (`12.345678`). Nothing for other text.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_uptime(std::string_view text) noexcept;

/// Where the times in front of stderr lines count from: nothing unless the environment says
/// `RTPP_LOG_TFORM=rel`; then `RTPP_LOG_TSTART`, and without that (or with nonsense in it) the program's
/// start.
[[nodiscard]] std::optional<std::chrono::nanoseconds> times_since_from_environment() noexcept;

}  // namespace rtpproxy::log
