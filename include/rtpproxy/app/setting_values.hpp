#pragma once

#include "rtpproxy/app/settings.hpp"

#include <boost/system/result.hpp>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// A value read from text, or what was expected in its place ("expected a number from 1 to 65535").
template <typename Value>
using parsed = boost::system::result<Value, std::string>;

/// Reads a whole decimal number within [`lowest`, `highest`].
template <std::integral Number>
[[nodiscard]] parsed<Number> parse_number(std::string_view text, Number lowest, Number highest) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < lowest || number > highest)
        return "expected a number from " + std::to_string(lowest) + " to " + std::to_string(highest);
    return number;
}

/// Log level and syslog facility, as `-d` takes them.
struct log_threshold {
    std::optional<log::level> level;  ///< empty: chosen by where the log goes
    int facility = LOG_DAEMON;        ///< of syslog(3)
};

/// `adhoc`, `pcap` or `wav`.
[[nodiscard]] parsed<recording_format> parse_recording_format(std::string_view text);

/// `on`, `off`, `true`, `false`, `yes`, `no`, `1`, `0` in any case.
[[nodiscard]] parsed<bool> parse_flag(std::string_view text);
/// A number of seconds, at least `lowest`.
[[nodiscard]] parsed<std::chrono::seconds> parse_seconds(std::string_view text, std::int32_t lowest);
/// 0..10000.
[[nodiscard]] parsed<std::chrono::microseconds> parse_microseconds(std::string_view text);
/// 0..255, decimal or with `0x`.
[[nodiscard]] parsed<std::uint8_t> parse_tos(std::string_view text);
/// `POLICY[,ADDRESS=POLICY]...`: that of all local addresses, and exceptions for some.
[[nodiscard]] parsed<learning_rules> parse_learning(std::string_view text);
/// `media`, `any` or `none`.
[[nodiscard]] parsed<host_media> parse_host_media(std::string_view text);
/// `error`, `failover` or `silence`.
[[nodiscard]] parsed<call_refusal> parse_call_refusal(std::string_view text);
/// Octal, 0..7777.
[[nodiscard]] parsed<mode_t> parse_file_mode(std::string_view text);
/// Any text that is not empty.
[[nodiscard]] parsed<std::filesystem::path> parse_path(std::string_view text);
/// `csv:PATH` or `json:PATH`.
[[nodiscard]] parsed<record_target> parse_record_target(std::string_view text);
/// `TYPE=CODEC`: a dynamic payload type and the encoding name of a codec that this build can encode sound
/// files in.
[[nodiscard]] parsed<dynamic_payload> parse_dynamic_payload(std::string_view text);
/// `level[:facility]`.
[[nodiscard]] parsed<log_threshold> parse_log_threshold(std::string_view text);
/// `text` or `json`.
[[nodiscard]] parsed<log::line_format> parse_log_format(std::string_view text);
/// `fifo` or `rr`.
[[nodiscard]] parsed<scheduling_policy> parse_scheduling(std::string_view text);
/// `user[:group]` or `:group`, names known to the system.
[[nodiscard]] parsed<credentials> parse_credentials(std::string_view text);
/// Users by number or by a name known to the system, separated by commas.
[[nodiscard]] parsed<std::vector<uid_t>> parse_users(std::string_view text);

}  // namespace rtpproxy
