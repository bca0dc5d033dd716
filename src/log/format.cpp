#include "rtpproxy/log/format.hpp"

#include "rtpproxy/log/escape.hpp"
#include "rtpproxy/log/log.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace rtpproxy::log {
namespace {

constexpr std::size_t function_limit = 64;

}  // namespace

std::string format_text(const entry& line) {
    return fmt::format("{}:{}:{}:{}: {}", level_name(line.severity),
                       escape(line.context, context_limit, escape_for::text),
                       escape(line.function, function_limit, escape_for::text), line.line,
                       escape(line.text, text_limit, escape_for::text));
}

std::string format_json(const entry& line) {
    boost::json::object object;
    object["ts"] = format_timestamp(line.time);
    object["level"] = level_name(line.severity);
    if (line.context != global) object["call_id"] = escape(line.context, context_limit, escape_for::json);
    object["function"] = escape(line.function, function_limit, escape_for::json);
    object["line"] = line.line;
    object["message"] = escape(line.text, text_limit, escape_for::json);
    return boost::json::serialize(object);
}

std::string format_relative_time(const entry& line, std::chrono::nanoseconds since) {
    using namespace std::chrono;
    const auto passed = std::max(line.uptime - since, nanoseconds::zero());
    const hh_mm_ss clock(duration_cast<milliseconds>(passed));
    return fmt::format("{:02}:{:02}:{:02}.{:03}/", clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count(), clock.subseconds().count());
}

std::string format_timestamp(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<milliseconds>(time - day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count(), clock.subseconds().count());
}

}  // namespace rtpproxy::log
