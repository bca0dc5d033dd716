#define BOOST_TEST_MODULE setting_values
#include "rtpproxy/app/setting_values.hpp"

#include "rtpproxy/codec/sound_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <pwd.h>
#include <unistd.h>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

template <typename Result>
auto ok(const Result& result) {
    BOOST_REQUIRE(result.has_value());
    return *result;
}

template <typename Parser>
void bad(Parser parse, std::initializer_list<std::string_view> texts) {
    for (const auto text : texts)
        BOOST_TEST(parse(text).has_error(), '"' << text << '"');
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_are_whole_decimal_and_within_their_range) {
    const auto port = [](std::string_view text) { return parse_number<std::uint16_t>(text, 1, 65535); };
    BOOST_TEST(ok(port("1")) == 1);
    BOOST_TEST(ok(port("65535")) == 65535);
    bad(port, {"", "0", "65536", "-1", "+1", " 1", "1 ", "1x", "0x10", "99999999999999999999"});
    BOOST_TEST(port("x").error() == "expected a number from 1 to 65535");
    BOOST_TEST(ok(parse_number("-20", -20, 20)) == -20);
}

BOOST_AUTO_TEST_CASE(flags_have_eight_words_in_any_case) {
    for (const auto* text : {"on", "ON", "true", "Yes", "1"})
        BOOST_TEST(ok(parse_flag(text)), text);
    for (const auto* text : {"off", "False", "NO", "0"})
        BOOST_TEST(!ok(parse_flag(text)), text);
    bad(parse_flag, {"", "2", "o", "onn"});
}

BOOST_AUTO_TEST_CASE(times_are_whole_seconds) {
    BOOST_TEST((ok(parse_seconds("1", 1)) == 1s));
    BOOST_TEST((ok(parse_seconds("2147483647", 0)) == 2147483647s));
    bad([](auto text) { return parse_seconds(text, 1); }, {"0", "-1", "1.5", "2147483648", "60s"});
}

BOOST_AUTO_TEST_CASE(what_this_host_gets_is_media_any_or_none) {
    BOOST_TEST((ok(parse_host_media("media")) == host_media::media));
    BOOST_TEST((ok(parse_host_media("any")) == host_media::any));
    BOOST_TEST((ok(parse_host_media("none")) == host_media::none));
    bad(parse_host_media, {"", "Media", "all", "media,any"});
}

BOOST_AUTO_TEST_CASE(tos_is_decimal_or_hexadecimal) {
    BOOST_TEST(ok(parse_tos("0")) == 0);
    BOOST_TEST(ok(parse_tos("184")) == 184);
    BOOST_TEST(ok(parse_tos("0xb8")) == 184);
    BOOST_TEST(ok(parse_tos("0XFF")) == 255);
    bad(parse_tos, {"", "256", "-1", "0x", "0x100", "b8", "0x-1"});
}

BOOST_AUTO_TEST_CASE(file_modes_are_octal) {
    BOOST_TEST(ok(parse_file_mode("0755")) == 0755U);
    BOOST_TEST(ok(parse_file_mode("660")) == 0660U);
    BOOST_TEST(ok(parse_file_mode("7777")) == 07777U);
    bad(parse_file_mode, {"", "8", "0x1", "10000", "-1", "rw"});
}

BOOST_AUTO_TEST_CASE(log_thresholds_are_a_level_and_perhaps_a_facility) {
    const auto plain = ok(parse_log_threshold("dbug"));
    BOOST_TEST((plain.level == log::level::dbug));
    BOOST_TEST(plain.facility == LOG_DAEMON);
    BOOST_TEST((ok(parse_log_threshold("CRIT")).level == log::level::crit));
    BOOST_TEST(ok(parse_log_threshold("Err:local3")).facility == LOG_LOCAL3);
    BOOST_TEST(ok(parse_log_threshold("info:LOG_MAIL")).facility == LOG_MAIL);
    bad(parse_log_threshold, {"", "debug", "info:", "info:x", ":daemon", "info:local8", "info:LOG_"});
}

BOOST_AUTO_TEST_CASE(words_are_taken_exactly) {
    BOOST_TEST((ok(parse_log_format("json")) == log::line_format::json));
    BOOST_TEST((ok(parse_log_format("text")) == log::line_format::text));
    BOOST_TEST((ok(parse_scheduling("fifo")) == scheduling_policy::fifo));
    BOOST_TEST((ok(parse_scheduling("rr")) == scheduling_policy::round_robin));
    bad(parse_log_format, {"", "xml"});
    bad(parse_scheduling, {"", "RR", "batch"});
    bad(parse_path, {""});
}

BOOST_AUTO_TEST_CASE(credentials_are_names_the_system_knows) {
    const auto user = ok(parse_credentials("root"));
    BOOST_TEST(user.uid.value() == 0U);
    BOOST_TEST(!user.gid);
    const auto both = ok(parse_credentials("root:root"));
    BOOST_TEST(both.uid.value() == 0U);
    BOOST_TEST(both.gid.value() == 0U);
    const auto group = ok(parse_credentials(":root"));
    BOOST_TEST(!group.uid);
    BOOST_TEST(group.wanted());
    bad(parse_credentials,
        {"", ":", "root:", "no-such-user", "root:no-such-group", ":no-such-group", "0", "0:0"});
}

BOOST_AUTO_TEST_CASE(learning_policy_and_its_exceptions) {
    const auto rules = parse_learning("guarded,10.0.0.1=classic,2001:db8::1=signalled");
    BOOST_REQUIRE(rules.has_value());
    const auto policy = [&](const char* address) {
        return to_string(rules->policy_for(boost::asio::ip::make_address(address)));
    };
    BOOST_TEST(policy("10.0.0.1") == "classic");
    BOOST_TEST(policy("2001:db8::1") == "signalled");
    BOOST_TEST(policy("10.0.0.2") == "guarded");
    for (const char* wrong : {"", "open", "Guarded", "guarded,", "guarded,classic", "guarded,10.0.0.1",
                              "guarded,10.0.0.1=", "guarded,host=classic", "guarded,10.0.0.1=x",
                              "10.0.0.1=classic", "guarded,=classic", "guarded;10.0.0.1=classic"})
        BOOST_TEST(parse_learning(wrong).has_error(), wrong);
}

BOOST_AUTO_TEST_CASE(dynamic_payloads_are_a_type_and_a_codec) {
    bad(parse_dynamic_payload, {"",
                                "=",
                                "111",
                                "111=",
                                "=opus",
                                "opus",
                                "95=opus",
                                "128=opus",
                                "0=PCMU",
                                "-1=opus",
                                "+111=opus",
                                "0x6f=opus",
                                "99999999999=opus",
                                "111 =opus",
                                "111= opus",
                                "111=opus ",
                                "111:opus",
                                "111==opus",
                                "111=opus/48000/2",
                                "111=opus,96=GSM",
                                "111=speex",
                                "111=G723",
                                "opus=111"});
    BOOST_TEST(parse_dynamic_payload("95=opus").error() ==
               "expected a payload type from 96 to 127, '=' and a codec, for example 111=opus");
    BOOST_TEST(parse_dynamic_payload("111=speex")
                   .error()
                   .starts_with("\"speex\" is no codec that this build can encode; those are: "));
}

BOOST_AUTO_TEST_CASE(dynamic_payloads_have_the_codecs_of_the_build) {
    for (const auto& traits : all_codecs()) {
        BOOST_TEST_CONTEXT(traits.name) {
            const auto parsed = parse_dynamic_payload("96=" + std::string(traits.name));
            BOOST_TEST(parsed.has_value() == (can_read_sound_files() && can_encode(traits.id)));
            if (parsed) BOOST_TEST((*parsed == dynamic_payload{96, traits.id}));
            const auto refusal = parse_dynamic_payload("96=x").error();
            const auto list = refusal.substr(refusal.rfind(':'));
            BOOST_TEST((list.find(traits.name) != std::string::npos) == parsed.has_value());
        }
    }
    if (can_read_sound_files() && can_encode(codec_id::opus))
        BOOST_TEST((ok(parse_dynamic_payload("127=OPUS")) == dynamic_payload{127, codec_id::opus}));
}
