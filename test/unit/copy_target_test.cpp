#define BOOST_TEST_MODULE copy_target
#include "rtpproxy/protocol/copy_target.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace rtpproxy;

namespace {

/// `HOST PORT`, or `none` for a target that is refused.
std::string read(std::string_view text) {
    const auto target = parse_remote_copy_target(text);
    return target ? target->host + ' ' + std::to_string(target->port) : "none";
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_last_colon_ends_the_host) {
    const struct {
        std::string_view text, expected;
    } table[] = {
        {"udp:192.0.2.7:9000", "192.0.2.7 9000"},
        {"UDP:192.0.2.7:9001", "192.0.2.7 9001"},
        {"udp:[2001:db8::7]:9000", "2001:db8::7 9000"},
        {"udp:2001:db8::7:9000", "2001:db8::7 9000"},
        {"udp:::1:7000", "::1 7000"},
        {"udp6:[::1]:7000", "::1 7000"},
        {"udp:[fe80::1%lo]:7000", "fe80::1%lo 7000"},
        {"udp:recorder.example.com:65534", "recorder.example.com 65534"},
        {"udp:rec_1:1", "rec_1 1"},
    };
    for (const auto& [text, expected] : table)
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(is_remote_copy(text));
            BOOST_TEST(read(text) == expected);
        }
}

BOOST_AUTO_TEST_CASE(what_is_no_host_and_port_is_refused) {
    for (const auto* text : {"udp:",
                             "udp::",
                             "udp:192.0.2.7",
                             "udp:192.0.2.7:",
                             "udp::9000",
                             "udp:192.0.2.7:0",
                             "udp:192.0.2.7:65535",
                             "udp:192.0.2.7:65536",
                             "udp:192.0.2.7:9000x",
                             "udp:192.0.2.7:-1",
                             "udp:0.0.0.0:9000",
                             "udp:[::]:9000",
                             "udp:192.0.2:9000",
                             "udp:192.0.2.777:9000",
                             "udp:[]:9000",
                             "udp:a/b:9000",
                             "udp:a\x01:9000",
                             "udp6:192.0.2.7:9000",
                             "udp6:[::ffff:192.0.2.7]:9000",
                             "udp6:recorder:9000",
                             "udp:2001:db8::zz:9000"})
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(is_remote_copy(text));
            BOOST_TEST(read(text) == "none");
        }
    BOOST_TEST(read("udp:" + std::string(256, 'a') + ":9000") == "none");
}

BOOST_AUTO_TEST_CASE(other_targets_are_files) {
    for (const auto* text :
         {"", "u", "udp", "udp7:192.0.2.7:9000", "name", "tcp:192.0.2.7:9000", "/tmp/udp:"})
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!is_remote_copy(text));
            BOOST_TEST(read(text) == "none");
        }
}

BOOST_AUTO_TEST_CASE(a_name_has_no_address_yet) {
    BOOST_TEST(!parse_remote_copy_target("udp:recorder:9000")->address().has_value());
    BOOST_TEST(parse_remote_copy_target("udp:[::ffff:192.0.2.7]:9000")->address()->to_string() ==
               "192.0.2.7");
    BOOST_TEST(parse_remote_copy_target("udp6:[2001:db8::7]:9000")->address()->to_string() == "2001:db8::7");
}
