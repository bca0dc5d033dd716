#define BOOST_TEST_MODULE log_format
#include "rtpproxy/log/format.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/log/uptime.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <source_location>

using namespace std::chrono_literals;
using namespace std::string_literals;
namespace log_ = rtpproxy::log;

namespace {

// 2026-02-03 04:05:06.789 UTC
constexpr auto a_time = std::chrono::sys_days(std::chrono::year(2026) / 2 / 3) + 4h + 5min + 6s + 789ms;

log_::entry line(std::string context, std::string text) {
    return {a_time, 3725s + 42ms, log_::level::info, std::move(context), "on_update", 17, std::move(text)};
}

boost::json::object json_of(const log_::entry& entry) {
    return boost::json::parse(log_::format_json(entry)).as_object();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text_lines)

BOOST_AUTO_TEST_CASE(a_line_names_level_context_function_and_line) {
    BOOST_TEST(log_::format_text(line("abc:1@192.0.2.1", "new session")) ==
               "INFO:abc:1@192.0.2.1:on_update:17: new session");
}

BOOST_AUTO_TEST_CASE(nobody_forges_a_line_or_steers_the_terminal) {
    struct {
        const char* name;
        std::string raw;
        std::string shown;
    } const cases[] = {
        {"newline", "a\nERR:GLOBAL:f:1: b", "a\\nERR:GLOBAL:f:1: b"},
        {"return and tab", "a\r\tb", "a\\r\\tb"},
        {"escape sequence", "\x1b[2J", "\\x1B[2J"},
        {"NUL and DEL", "\0\x7f"s, "\\x00\\x7F"},
        {"8-bit CSI (U+009B)", "\xc2\x9b", "\\u009B"},
        {"line separator", "\xe2\x80\xa8", "\\u2028"},
        {"right-to-left override", "\xe2\x80\xae", "\\u202E"},
        {"isolate", "\xe2\x81\xa6", "\\u2066"},
        {"stray continuation", "a\x80z", "a\\x80z"},
        {"overlong newline", "\xc0\x8a", "\\xC0\\x8A"},
        {"truncated sequence", "\xe2\x82", "\\xE2\\x82"},
        {"surrogate", "\xed\xa0\x80", "\\xED\\xA0\\x80"},
        {"proper UTF-8 stays", "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x93\x9e", "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x93\x9e"},
        {"backslash stays single", "a\\nb", "a\\nb"},
    };
    for (const auto& tc : cases)
        BOOST_TEST_CONTEXT(tc.name) {
            BOOST_TEST(log_::format_text(line("c", tc.raw)) == "INFO:c:on_update:17: " + tc.shown);
            BOOST_TEST(log_::format_text(line(tc.raw, "t")) == "INFO:" + tc.shown + ":on_update:17: t");
        }
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_at_a_character) {
    std::string umlauts;
    for (int i = 0; i < 5000; ++i)
        umlauts += "\xc3\xbc";
    const auto shown = log_::format_text(line("x"s + umlauts, umlauts));
    BOOST_TEST(shown.size() < 2100u);
    BOOST_TEST(shown.ends_with("\xc3\xbc..."));
    BOOST_TEST(shown.starts_with("INFO:x\xc3\xbc"));
    BOOST_TEST(shown.find("\xc3...") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(text_of_the_limit_is_whole_and_one_octet_more_is_cut) {
    const std::string full(log_::text_limit, 'x');
    BOOST_TEST(log_::format_text(line("c", full)).ends_with(": " + full));
    BOOST_TEST(log_::format_text(line("c", full + "y")).ends_with(": " + full + "..."));
}

BOOST_AUTO_TEST_CASE(no_line_comes_near_the_size_up_to_which_pipes_keep_lines_whole) {
    for (int octet = 0; octet < 256; ++octet) {
        const std::string flood(20000, static_cast<char>(octet));
        BOOST_TEST(log_::format_text(line(flood, flood)).size() < 2200u);
        BOOST_TEST(log_::format_json(line(flood, flood)).size() < 2200u);
    }
}

BOOST_AUTO_TEST_CASE(relative_times_count_hours_past_a_day) {
    const auto entry = line("c", "t");
    BOOST_TEST(log_::format_relative_time(entry, 0s) == "01:02:05.042/");
    BOOST_TEST(log_::format_relative_time(entry, 3725s) == "00:00:00.042/");
    BOOST_TEST(log_::format_relative_time(entry, -100h) == "101:02:05.042/");
    BOOST_TEST(log_::format_relative_time(entry, 4000s) == "00:00:00.000/");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(json_lines)

BOOST_AUTO_TEST_CASE(an_object_holds_every_field) {
    BOOST_TEST(log_::format_json(line("abc@host", "hello")) ==
               R"({"ts":"2026-02-03T04:05:06.789Z","level":"INFO","call_id":"abc@host",)"
               R"("function":"on_update","line":17,"message":"hello"})");
}

BOOST_AUTO_TEST_CASE(a_global_line_has_no_call_id) {
    BOOST_TEST(!json_of(line(std::string(log_::global), "hello")).contains("call_id"));
}

BOOST_AUTO_TEST_CASE(quotes_and_controls_come_back_as_they_were) {
    const auto hostile = "\",\"level\":\"CRIT\n\\ \x01"s;
    const auto text = log_::format_json(line(hostile, hostile));
    BOOST_TEST(text.find('\n') == std::string::npos);
    const auto object = boost::json::parse(text).as_object();
    BOOST_TEST(object.at("message").as_string() == hostile);
    BOOST_TEST(object.at("call_id").as_string() == hostile);
    BOOST_TEST(object.at("level").as_string() == "INFO");
}

BOOST_AUTO_TEST_CASE(octets_that_are_not_utf8_leave_valid_json) {
    for (int octet = 0; octet < 256; ++octet) {
        const std::string stray(3, static_cast<char>(octet));
        BOOST_CHECK_NO_THROW(json_of(line(stray, stray)));
    }
    BOOST_TEST(json_of(line("c", "a\xff")).at("message").as_string() == "a\\xFF");
}

BOOST_AUTO_TEST_CASE(timestamps_carry_milliseconds_and_survive_1969) {
    BOOST_TEST(log_::format_timestamp({}) == "1970-01-01T00:00:00.000Z");
    BOOST_TEST(log_::format_timestamp(std::chrono::system_clock::time_point(-1ms)) ==
               "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(function_names)

BOOST_AUTO_TEST_CASE(the_short_name_is_found) {
    struct {
        const char* pretty;
        const char* name;
    } const cases[] = {
        {"int main(int, char**)", "main"},
        {"void rtpproxy::session_manager::on_update(const rtpproxy::command&)", "on_update"},
        {"rtpproxy::session::session(int)", "session"},
        {"rtpproxy::session::~session()", "~session"},
        {"boost::asio::awaitable<void> rtpproxy::control::serve(std::function<void(int)>)", "serve"},
        {"void rtpproxy::{anonymous}::drop(reason)", "drop"},
        {"void rtpproxy::(anonymous namespace)::drop(reason)", "drop"},
        {"void rtpproxy::post(F) [with F = void (*)(int)]", "post"},
        {"void rtpproxy::table<T>::insert(T) [with T = int]", "insert"},
        {"void rtpproxy::visit<A, B<C> >(A)", "visit"},
        {"rtpproxy::run()::<lambda(int)>", "run"},
        {"auto rtpproxy::run()::(anonymous class)::operator()(int) const", "run"},
        {"decltype(auto) rtpproxy::get(int)", "get"},
        {"bool rtpproxy::visitor::operator()(int) const", "operator()"},
        {"bool rtpproxy::operator<(a, b)", "operator<"},
        {"std::ostream& rtpproxy::operator<<(std::ostream&, int)", "operator<<"},
        {"void rtpproxy::operators_table(int)", "operators_table"},
        {"no_parameters", "no_parameters"},
        {"", ""},
        {"(", "("},
        {"operator", "operator"},
    };
    for (const auto& tc : cases)
        BOOST_TEST_CONTEXT(tc.pretty) BOOST_TEST(log_::short_function_name(tc.pretty) == tc.name);
}

BOOST_AUTO_TEST_CASE(the_compiler_spells_functions_as_expected) {
    const auto in_lambda = [] { return std::source_location::current(); }();
    BOOST_TEST(log_::short_function_name(in_lambda.function_name()) == "test_method");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(environment)

BOOST_AUTO_TEST_CASE(the_start_of_relative_times_is_read_in_seconds) {
    BOOST_TEST((log_::parse_uptime("12.25") == 12s + 250ms));
    BOOST_TEST((log_::parse_uptime("0") == 0s));
    for (const auto* wrong : {"", "-1", "1e3", "nan", "inf", "12s", " 1", "99999999999999999999"})
        BOOST_TEST_CONTEXT(wrong) BOOST_TEST(!log_::parse_uptime(wrong).has_value());
}

BOOST_AUTO_TEST_CASE(relative_times_are_asked_for_by_the_environment) {
    ::unsetenv("RTPP_LOG_TFORM");
    BOOST_TEST(!log_::times_since_from_environment().has_value());
    ::setenv("RTPP_LOG_TFORM", "rel", 1);
    ::setenv("RTPP_LOG_TSTART", "5.5", 1);
    BOOST_TEST((log_::times_since_from_environment() == 5s + 500ms));
    ::setenv("RTPP_LOG_TSTART", "nonsense", 1);
    BOOST_TEST((log_::times_since_from_environment().value() > 0s));
    BOOST_TEST((log_::times_since_from_environment().value() <= log_::uptime()));
}

BOOST_AUTO_TEST_CASE(system_errors_end_in_reason_and_number) {
    BOOST_TEST(log_::error_text(std::make_error_code(std::errc::connection_refused)) ==
               "Connection refused (111)");
}

BOOST_AUTO_TEST_SUITE_END()
