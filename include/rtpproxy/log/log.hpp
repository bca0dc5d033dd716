#pragma once

#include "rtpproxy/log/level.hpp"

#include <fmt/format.h>

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
void write(level severity, std::string_view context, const std::source_location& where,
           fmt::string_view format, fmt::format_args values, rate limit) noexcept;

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

/// Writes one line. `context` is the call-id, or `global`. Any thread; never blocks on the sink, never
/// throws: a line that there is no memory for is counted. Lines beyond the rate limit are counted, not
/// written; `level::crit` is never held back.
template <typename... Args>
void write(level severity, std::string_view context,
           detail::located_format<std::type_identity_t<Args>...> format, Args&&... args) noexcept {
    if (enabled(severity))
        detail::write(severity, context, format.where, format.text, fmt::make_format_args(args...),
                      severity == level::crit ? rate::unlimited : rate::limited);
}

/// Writes one line past the rate limit, still subject to the level. Only for the few lines of start and stop,
/// which nobody outside can cause.
template <typename... Args>
void always(level severity, std::string_view context,
            detail::located_format<std::type_identity_t<Args>...> format, Args&&... args) noexcept {
    if (enabled(severity))
        detail::write(severity, context, format.where, format.text, fmt::make_format_args(args...),
                      rate::unlimited);
}

template <typename... Args>
void dbug(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) noexcept {
    write(level::dbug, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void info(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) noexcept {
    write(level::info, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void warn(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) noexcept {
    write(level::warn, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void err(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
         Args&&... args) noexcept {
    write(level::err, context, format, std::forward<Args>(args)...);
}
template <typename... Args>
void crit(std::string_view context, detail::located_format<std::type_identity_t<Args>...> format,
          Args&&... args) noexcept {
    write(level::crit, context, format, std::forward<Args>(args)...);
}

/// Context of lines that belong to no session.
inline constexpr std::string_view global = "GLOBAL";

/// `Connection refused (111)`: how a line ends that reports a system error.
template <typename ErrorCode>
[[nodiscard]] std::string error_text(const ErrorCode& error) {
    return fmt::format("{} ({})", error.message(), error.value());
}

/// The message of an error code, put into words only where the line is made: for those who must not throw.
template <typename ErrorCode>
struct message_of {
    const ErrorCode& error;
};
template <typename ErrorCode>
message_of(const ErrorCode&) -> message_of<ErrorCode>;

}  // namespace rtpproxy::log

template <typename ErrorCode>
struct fmt::formatter<rtpproxy::log::message_of<ErrorCode>> : fmt::formatter<fmt::string_view> {
    auto format(const rtpproxy::log::message_of<ErrorCode>& of, fmt::format_context& to) const {
        return fmt::formatter<fmt::string_view>::format(of.error.message(), to);
    }
};
