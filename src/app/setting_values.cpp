#include "rtpproxy/app/setting_values.hpp"

#include "rtpproxy/codec/sound_reader.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/split.hpp>
#include <fmt/format.h>

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace rtpproxy {
namespace {

using boost::algorithm::iequals;

constexpr std::array<std::pair<std::string_view, bool>, 8> flag_words{{{"on", true},
                                                                       {"off", false},
                                                                       {"true", true},
                                                                       {"false", false},
                                                                       {"yes", true},
                                                                       {"no", false},
                                                                       {"1", true},
                                                                       {"0", false}}};

constexpr std::array<std::pair<std::string_view, int>, 20> facilities{
    {{"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"cron", LOG_CRON},     {"daemon", LOG_DAEMON},
     {"ftp", LOG_FTP},       {"kern", LOG_KERN},         {"lpr", LOG_LPR},       {"mail", LOG_MAIL},
     {"news", LOG_NEWS},     {"syslog", LOG_SYSLOG},     {"user", LOG_USER},     {"uucp", LOG_UUCP},
     {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},     {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},
     {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},     {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}}};

std::optional<log::level> level_of(std::string_view name) {
    using enum log::level;
    for (const auto level : {dbug, info, warn, err, crit})
        if (iequals(log::level_name(level), name)) return level;
    return {};
}

/// With or without `LOG_` in front.
std::optional<int> facility_of(std::string_view name) {
    if (boost::algorithm::istarts_with(name, "LOG_")) name.remove_prefix(4);
    const auto found =
        std::ranges::find_if(facilities, [=](const auto& f) { return iequals(f.first, name); });
    return found == facilities.end() ? std::nullopt : std::optional(found->second);
}

std::optional<uid_t> user_id(const std::string& name) {
    const passwd* entry = getpwnam(name.c_str());
    return entry ? std::optional(entry->pw_uid) : std::nullopt;
}

std::optional<gid_t> group_id(const std::string& name) {
    const group* entry = getgrnam(name.c_str());
    return entry ? std::optional(entry->gr_gid) : std::nullopt;
}

std::optional<learning_policy> policy_of(std::string_view name) {
    using enum learning_policy;
    for (const auto policy : {guarded, classic, signalled})
        if (name == to_string(policy)) return policy;
    return {};
}

/// `ADDRESS=POLICY`.
std::optional<std::pair<boost::asio::ip::address, learning_policy>> learning_exception(
    std::string_view text) {
    const auto equals = text.find('=');
    if (equals == text.npos) return {};
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(text.substr(0, equals)), error);
    const auto policy = policy_of(text.substr(equals + 1));
    if (error || !policy) return {};
    return std::pair{address, *policy};
}

bool can_encode_sound(codec_id codec) {
    return can_read_sound_files() && can_encode(codec);
}

/// The names of all codecs that prompts can be encoded in.
std::string names_of_encoders() {
    std::string names;
    for (const auto& each : all_codecs())
        if (can_encode_sound(each.id)) names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
    return names.empty() ? "none" : names;
}

}  // namespace

parsed<bool> parse_flag(std::string_view text) {
    const auto found =
        std::ranges::find_if(flag_words, [=](const auto& w) { return iequals(w.first, text); });
    if (found != flag_words.end()) return found->second;
    return std::string("expected on or off (true, false, yes, no, 1, 0)");
}

parsed<std::chrono::seconds> parse_seconds(std::string_view text, std::int32_t lowest) {
    const auto number = parse_number<std::int32_t>(text, lowest, std::numeric_limits<std::int32_t>::max());
    if (number.has_error()) return fmt::format("expected a whole number of seconds, {} or more", lowest);
    return std::chrono::seconds(*number);
}

parsed<std::chrono::microseconds> parse_microseconds(std::string_view text) {
    const auto number = parse_number<std::int32_t>(text, 0, 10'000);
    if (number.has_error()) return std::string("expected microseconds from 0 to 10000");
    return std::chrono::microseconds(*number);
}

parsed<std::uint8_t> parse_tos(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = text.substr(hexadecimal ? 2 : 0);
    std::uint8_t tos = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), tos, hexadecimal ? 16 : 10);
    if (error != std::errc{} || end != digits.data() + digits.size())
        return std::string("expected a number from 0 to 255, or from 0x0 to 0xff");
    return tos;
}

parsed<learning_rules> parse_learning(std::string_view text) {
    const auto comma = text.find(',');
    learning_rules rules;
    const auto standard = policy_of(text.substr(0, comma));
    if (!standard) return std::string("expected guarded, classic or signalled, perhaps with ,ADDRESS=POLICY");
    rules.standard = *standard;
    if (comma == text.npos) return rules;
    std::vector<std::string> words;
    for (const auto& word : boost::split(words, text.substr(comma + 1), boost::is_any_of(","))) {
        auto exception = learning_exception(word);
        if (!exception)
            return fmt::format(
                "expected a numeric address, '=' and guarded, classic or signalled in place of {:?}", word);
        rules.exceptions.push_back(std::move(*exception));
    }
    return rules;
}

parsed<call_refusal> parse_call_refusal(std::string_view text) {
    if (text == "error") return call_refusal::error;
    if (text == "failover") return call_refusal::failover;
    if (text == "silence") return call_refusal::silence;
    return std::string("expected error, failover or silence");
}

parsed<host_media> parse_host_media(std::string_view text) {
    if (text == "media") return host_media::media;
    if (text == "any") return host_media::any;
    if (text == "none") return host_media::none;
    return std::string("expected media, any or none");
}

parsed<mode_t> parse_file_mode(std::string_view text) {
    mode_t mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (error != std::errc{} || end != text.data() + text.size() || mode > 07777)
        return std::string("expected an octal file mode from 0 to 7777, for example 0660");
    return mode;
}

parsed<std::filesystem::path> parse_path(std::string_view text) {
    if (text.empty()) return {boost::system::in_place_error, "expected a path"};
    return {boost::system::in_place_value, text};
}

parsed<record_target> parse_record_target(std::string_view text) {
    const auto colon = text.find(':');
    const auto format = text.substr(0, colon);
    const auto path = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
    if ((format != "csv" && format != "json") || path.empty() || path.ends_with('/'))
        return std::string("expected csv:PATH or json:PATH");
    return record_target{format == "csv" ? record_format::csv : record_format::json, path};
}

parsed<dynamic_payload> parse_dynamic_payload(std::string_view text) {
    const auto equals = text.find('=');
    const auto number =
        parse_number(text.substr(0, equals), first_dynamic_payload_type, last_dynamic_payload_type);
    if (equals == text.npos || number.has_error())
        return fmt::format("expected a payload type from {} to {}, '=' and a codec, for example 111=opus",
                           first_dynamic_payload_type, last_dynamic_payload_type);
    const auto name = text.substr(equals + 1);
    const auto codec = codec_named(name);
    if (!codec || !can_encode_sound(*codec))
        return fmt::format("{:?} is no codec that this build can encode; those are: {}", name,
                           names_of_encoders());
    return dynamic_payload{*number, *codec};
}

parsed<log_threshold> parse_log_threshold(std::string_view text) {
    const auto colon = text.find(':');
    log_threshold threshold;
    threshold.level = level_of(text.substr(0, colon));
    if (!threshold.level)
        return std::string("expected a level (DBUG, INFO, WARN, ERR or CRIT), perhaps with :FACILITY");
    if (colon == text.npos) return threshold;
    const auto facility = facility_of(text.substr(colon + 1));
    if (!facility) return std::string("expected a syslog facility after ':', for example daemon or local0");
    threshold.facility = *facility;
    return threshold;
}

parsed<log::line_format> parse_log_format(std::string_view text) {
    if (text == "text") return log::line_format::text;
    if (text == "json") return log::line_format::json;
    return std::string("expected text or json");
}

parsed<recording_format> parse_recording_format(std::string_view text) {
    for (const auto each : {recording_format::adhoc, recording_format::pcap, recording_format::wav})
        if (text == to_string(each)) return each;
    return std::string("expected adhoc, pcap or wav");
}

parsed<scheduling_policy> parse_scheduling(std::string_view text) {
    if (text == "fifo") return scheduling_policy::fifo;
    if (text == "rr") return scheduling_policy::round_robin;
    return std::string("expected fifo or rr");
}

parsed<credentials> parse_credentials(std::string_view text) {
    const auto refuse = [](std::string reason) {
        return parsed<credentials>(boost::system::in_place_error, std::move(reason));
    };
    const auto colon = text.find(':');
    credentials who;
    who.user = text.substr(0, colon);
    if (colon != text.npos) who.group = text.substr(colon + 1);
    if (who.user.empty() && who.group.empty()) return refuse("expected USER, USER:GROUP or :GROUP");
    if (colon != text.npos && who.group.empty()) return refuse("expected the name of a group after ':'");
    if (!who.user.empty() && !(who.uid = user_id(who.user)))
        return refuse(fmt::format("there is no user {:?}", who.user));
    if (!who.group.empty() && !(who.gid = group_id(who.group)))
        return refuse(fmt::format("there is no group {:?}", who.group));
    return who;
}

parsed<std::vector<uid_t>> parse_users(std::string_view text) {
    constexpr auto highest = std::numeric_limits<uid_t>::max() - 1;  // the one above means "no user"
    std::vector<uid_t> users;
    for (;;) {
        const auto comma = text.find(',');
        const std::string name(text.substr(0, comma));
        const auto number = parse_number<uid_t>(name, 0, highest);
        const auto user = number.has_value() ? std::optional(*number) : user_id(name);
        if (!user) return fmt::format("there is no user {:?}", name);
        users.push_back(*user);
        if (comma == text.npos) return users;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace rtpproxy
