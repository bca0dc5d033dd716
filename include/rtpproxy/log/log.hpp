#pragma once

#include "rtpproxy/log/level.hpp"

#include <fmt/core.h>

#include <atomic>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rtpproxy::log {

/// Whether the rate limit (see sinks.hpp) may hold a line back.
enum class rate : bool { limited, unlimited };

namespace detail {
extern std::atomic<level> threshold;  // set by the sinks, read by every call site
void write(level severity, std::string_view context, const std::source_location& where, std::string text,
           rate limit) noexcept;

/// A format string together with the place it stands at, so that call sites stay plain function calls.
template <typename... Args>
struct located_format {
    fmt::format_string<Args...> text;
    std::source_location where;

    template <typename Text>
    consteval located_format(const Text& format, std::source_location place = std::source_location::current())
        : text(format), where(place) {}
};
}  // namespace detail

[[nodiscard]] inline bool enabled(level severity) noexcept {
    return severity >= detail::threshold.load(std::memory_order_relaxed);
}

/// Writes one line. `context` is the call-id, or `global`. Any thread; never blocks on the sink.
/// Lines beyond the rate limit are counted, not written; `level::crit` is never held back.
template <typename... Args>
void write(level severity, std::string_view context,
           detail::located_format<std::type_identity_t<Args>...> format, Args&&... args) {
    if (enabled(severity))
        detail::write(severity, context, format.where, fmt::format(format.text, std::forward<Args>(args)...),
                      severity == level::crit ? rate::unlimited : rate::limited);
}

/// Writes one line past the rate limit, still subject to the level. Only for the few lines of start and stop,
/// which nobody outside can cause.
template <typename... Args>
void always(level severity, std::string_view context,
            detail::located_format<std::type_identity_t<Args>...> format, Args&&... args) {
    if (enabled(severity))
        detail::write(severity, context, format.where, fmt::format(format.text, std::forward<Args>(args)...),
                      rate::unlimited);
}

template <typename... Args>
void dbug(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) {
    write(level::dbug, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void info(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) {
    write(level::info, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void warn(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) {
    write(level::warn, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void err(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
         Args&&... args) {
    write(level::err, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void crit(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) {
    write(level::crit, context, format, std::forward<Args>(args)...);
}

/// Context of lines that belong to no session.
inline constexpr std::string_view global = "GLOBAL";

/// `Connection refused (111)`: how a line ends that reports a system error.
template <typename ErrorCode>
[[nodiscard]] std::string error_text(const ErrorCode& error) {
    return fmt::format("{} ({})", error.message(), error.value());
}

}  // namespace rtpproxy::log
