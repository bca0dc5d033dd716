#define BOOST_TEST_MODULE reply
#include "rtpproxy/protocol/reply.hpp"

#include "support/command_parsing.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using rtpproxy::test::make_local;

namespace {

using results = std::vector<subcommand_result>;

const subcommand_result silent{0, ""};
const subcommand_result failed{-1, ""};

std::string replied(std::string reply, const results& subcommands, std::size_t limit = max_reply_octets) {
    append_subcommand_results(reply, subcommands, limit);
    return reply;
}

}  // namespace

BOOST_AUTO_TEST_CASE(error_is_its_number) {
    BOOST_TEST(format_error(protocol_error::unknown_command) == "E0");
    BOOST_TEST(format_error(protocol_error::syntax) == "E5");
    BOOST_TEST(format_error(protocol_error::session_not_found) == "E50");
    BOOST_TEST(format_error(protocol_error::shutting_down) == "E99");
}

BOOST_AUTO_TEST_CASE(port_is_followed_by_the_address) {
    BOOST_TEST(format_port(30000, *make_local("192.0.2.2")) == "30000 192.0.2.2");
    BOOST_TEST(format_port(65534, *make_local("::1")) == "65534 ::1 6");
    BOOST_TEST(format_port(50000, *make_local("2001:db8:0:0::9")) == "50000 2001:db8::9 6");
}

BOOST_AUTO_TEST_CASE(advertised_address_is_told_instead) {
    BOOST_TEST(format_port(30000, *make_local("192.0.2.2", "203.0.113.9")) == "30000 203.0.113.9");
    BOOST_TEST(format_port(30002, *make_local("127.0.0.5", "relay.example.com", "foo")) ==
               "30002 relay.example.com");
    BOOST_TEST(format_port(30002, *make_local("::1", "2001:db8::9")) == "30002 2001:db8::9 6");
}

BOOST_AUTO_TEST_CASE(wildcard_address_is_not_told) {
    BOOST_TEST(format_port(30000, *make_local("0.0.0.0")) == "30000");
    BOOST_TEST(format_port(30000, *make_local("::")) == "30000");
    BOOST_TEST(format_port(30000, *make_local("0.0.0.0", "203.0.113.9")) == "30000");
}

BOOST_AUTO_TEST_CASE(silent_success_is_invisible) {
    BOOST_TEST(replied("30000", {}) == "30000");
    BOOST_TEST(replied("5", {silent}) == "5");
    BOOST_TEST(replied("5", {silent, silent, silent}) == "5");
}

BOOST_AUTO_TEST_CASE(silent_predecessors_are_filled_in) {
    BOOST_TEST(replied("30000", {silent, {0, "30002"}}) == "30000 && 0 && 30002");
    BOOST_TEST(replied("30004", {{0, "30006"}, silent}) == "30004 && 30006");
    BOOST_TEST(replied("30008", {failed}) == "30008 && -1");
    BOOST_TEST(replied("30010", {{0, "30012"}, silent, silent, failed}) == "30010 && 30012 && 0 && 0 && -1");
    BOOST_TEST(replied("30014", {silent, silent, failed}) == "30014 && 0 && 0 && -1");
    BOOST_TEST(replied("30006 127.0.0.1", {{0, "30000 ::1 6"}}) == "30006 127.0.0.1 && 30000 ::1 6");
}

BOOST_AUTO_TEST_CASE(nothing_is_told_behind_a_failure) {
    BOOST_TEST(replied("1", {failed, silent, {0, "2"}, failed}) == "1 && -1");
    BOOST_TEST(replied("1", {{-1, "why"}, {0, "2"}}) == "1 && -1");
}

BOOST_AUTO_TEST_CASE(results_that_just_fit_are_told) {
    BOOST_TEST(replied("30000", {{0, "12345"}}, 14) == "30000 && 12345");
    BOOST_TEST(replied("30000", {silent, failed}, 16) == "30000 && 0 && -1");
}

BOOST_AUTO_TEST_CASE(overflow_is_told_as_a_failure) {
    BOOST_TEST(replied("30000", {{0, "12345"}}, 13) == "30000 && -1");
    BOOST_TEST(replied("30000", {{0, "a"}, {0, "b"}, {0, "cccccccc"}}, 21) == "30000 && a && b && -1");
    BOOST_TEST(replied("30000", {{0, "a"}, {0, "b"}, {0, "cccccccc"}}, 20) == "30000 && a && -1");
    BOOST_TEST(replied("30000", {silent, failed}, 15) == "30000 && -1");
}

BOOST_AUTO_TEST_CASE(limit_is_never_exceeded) {
    const results many{
        {0, std::string(300, 'a')}, silent, {0, std::string(300, 'b')}, {0, std::string(600, 'c')}, failed};
    for (std::size_t limit = 5; limit < 1300; ++limit) {
        const auto reply = replied("30000", many, limit);
        BOOST_TEST_REQUIRE(reply.size() <= limit);
        BOOST_TEST_REQUIRE(reply.starts_with("30000"));
        if (limit >= 11) BOOST_TEST_REQUIRE(reply.ends_with(" && -1"));
    }
    BOOST_TEST(replied("30000 192.0.2.2", {failed}, 3) == "30000 192.0.2.2");
}
