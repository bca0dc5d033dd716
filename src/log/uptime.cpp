#include "rtpproxy/log/uptime.hpp"

#include <charconv>
#include <cstdlib>
#include <ctime>

namespace rtpproxy::log {
namespace {

const std::chrono::nanoseconds program_start = uptime();

std::string_view environment(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

}  // namespace

std::chrono::nanoseconds uptime() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::optional<std::chrono::nanoseconds> parse_uptime(std::string_view text) noexcept {
    constexpr double a_century = 100.0 * 366 * 86400;
    double seconds = 0;
    const auto [end, failure] =
        std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    const bool whole = failure == std::errc() && end == text.data() + text.size();
    if (!whole || !(seconds >= 0 && seconds < a_century)) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

std::optional<std::chrono::nanoseconds> times_since_from_environment() noexcept {
    if (environment("RTPP_LOG_TFORM") != "rel") return std::nullopt;
    return parse_uptime(environment("RTPP_LOG_TSTART")).value_or(program_start);
}

}  // namespace rtpproxy::log
