// `M3:1`: what it takes, and what the controller hears then.

#define BOOST_TEST_MODULE dtmf_command
#include "support/command_script.hpp"
#include "support/reframed_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

constexpr auto offer = "Uc0,8,101 c 10.0.0.1 4000 f;1 tcp:127.0.0.10:9991 T76d.e8f81575";
constexpr auto answer = "Lc8,101 c 10.0.0.2 5000 f;1 t;1";

/// A call with a notify target: the caller's leg has port 30002, the callee's 30000.
struct call {
    void begin(const std::string& with_offer, const std::string& with_answer = "") {
        BOOST_TEST(run(offer + with_offer) == "30000");
        BOOST_TEST(run(answer + with_answer) == "30002");
    }
    /// A key of one party, with all of its packets.
    void press(side who, unsigned code, std::uint8_t payload_type = 101) {
        timestamp += 8000;
        for (unsigned i = 1; i <= 6; ++i) {
            const bool end = i > 3;
            const auto duration = 160 * (end ? 3 : i);
            rtp_parts packet{.number = ++number, .timestamp = timestamp, .payload_type = payload_type};
            packet.payload = {std::byte(code), std::byte(end ? 0x8a : 0x0a), std::byte(duration >> 8),
                              std::byte(duration & 0xff)};
            const auto& from = who == side::caller ? caller : callee;
            run.packet(from, who == side::caller ? 30002 : 30000, to_datagram(packet));
        }
    }
    std::vector<std::string> notices() const {
        std::vector<std::string> result;
        for (const auto& each : run.notices)
            result.push_back(each.text);
        return result;
    }

    command_script run;
    const endpoint caller = make_endpoint("10.0.0.1", 4000);
    const endpoint callee = make_endpoint("10.0.0.2", 5000);
    std::uint16_t number = 0;
    std::uint32_t timestamp = 0;
};

using lines = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_controller_hears_each_digit_once, call) {
    begin(" && M3:1 Dd76d.e8f81575", " && M3:1 Dd76d.e8f81575");
    press(side::caller, 5);
    press(side::callee, 11);
    press(side::callee, 16);
    BOOST_TEST(notices() == (lines{"Dd76d.e8f81575 5 10 480 0", "Dd76d.e8f81575 # 10 480 1",
                                   "Dd76d.e8f81575   10 480 1"}),
               boost::test_tools::per_element());
    BOOST_TEST(run("Q c f;1 t;1") == "60 6 12 18 0");
    BOOST_TEST(run.statistics.notices_posted.value() == 3u);
}

BOOST_FIXTURE_TEST_CASE(only_the_party_of_the_description_is_listened_to, call) {
    begin(" && M3:1 tag");
    press(side::callee, 1);
    BOOST_TEST(notices().empty());
    press(side::caller, 2);
    BOOST_TEST(notices() == lines{"tag 2 10 480 0"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(events_are_those_of_the_named_payload_type, call) {
    begin(" && M3:1 tag 96");
    press(side::caller, 1, 101);
    press(side::caller, 2, 96);
    BOOST_TEST(notices() == lines{"tag 2 10 480 0"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_tag_is_url_decoded, call) {
    begin(" && M3:1 dt+mf%20%41");
    press(side::caller, 5);
    BOOST_TEST(notices() == lines{"dt mf A 5 10 480 0"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_tag_that_would_make_two_lines_of_one_is_refused, call) {
    begin("");
    for (const auto* tag : {"a%0Ab", "a%0D", "%00", "a\x01"})
        BOOST_TEST(run(answer + std::string(" && M3:1 ") + tag) == "30002 && -1");
    press(side::callee, 5);
    BOOST_TEST(notices().empty());
}

BOOST_FIXTURE_TEST_CASE(h_keeps_the_events_from_the_other_party, call) {
    begin(" && M3:1 tag 101 h");
    press(side::caller, 5);
    BOOST_TEST(run.plane.sent.empty());
    BOOST_TEST(run("Q c f;1 t;1") == "60 6 0 0 6");
    run.packet(caller, 30002, to_datagram(pcmu(20).next()));
    BOOST_TEST(run.plane.sent.size() == 1u);
    BOOST_TEST(notices().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(asked_again_it_takes_over_all_but_the_tag, call) {
    begin(" && M3:1 first 101");
    BOOST_TEST(run("Q c f;1 t;1 ttl && M3:1 second 96 h") == "60");
    press(side::caller, 1, 101);
    press(side::caller, 2, 96);
    BOOST_TEST(notices() == lines{"first 2 10 480 0"}, boost::test_tools::per_element());
    BOOST_TEST(run("Q c f;1 t;1") == "60 12 0 6 6");
    BOOST_TEST(run("Q c f;1 t;1 ttl && M3:1 third") == "60");
    press(side::caller, 3, 101);
    BOOST_TEST(notices().back() == "first 3 10 480 0");
    BOOST_TEST(run("Q c f;1 t;1") == "60 18 0 12 6");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_understood_fails, call) {
    begin("");
    for (const auto* arguments :
         {"", " tag 128", " tag -1", " tag x", " tag 1x", " tag 99999999999999999999", " tag +1",
          " tag 101 x", " tag 101 hh", " tag 101 h h", " %", " %4", " tag%zz", " tag h"}) {
        BOOST_TEST_CONTEXT(arguments)
        BOOST_TEST(run("Q c f;1 t;1 ttl && M3:1" + std::string(arguments)) == "60 && -1");
    }
    press(side::caller, 1);
    BOOST_TEST(notices().empty());
    for (const auto* arguments : {" tag", " tag 0", " tag 127", " tag 101 h", " tag 101 H"})
        BOOST_TEST(run("Q c f;1 t;1 ttl && M3:1" + std::string(arguments)) == "60");
}

BOOST_FIXTURE_TEST_CASE(it_takes_a_notify_target, call) {
    BOOST_TEST(run("U c 10.0.0.1 4000 f && M3:1 tag") == "30000 && -1");
    BOOST_TEST(run("L c 10.0.0.2 5000 f t && M3:1 tag") == "30002 && -1");
    BOOST_TEST(run("U c 10.0.0.1 4000 f sock T1 && M3:1 tag") == "30000");
    BOOST_TEST(run("L c 10.0.0.2 5000 f t && M3:1 tag") == "30002");
    BOOST_TEST(run("U c 10.0.0.1 4000 f && M3:1 tag") == "30000 && -1");  // the target is cancelled
    press(side::caller, 1);
    BOOST_TEST(notices() == lines{"tag 1 10 480 0"}, boost::test_tools::per_element());  // it goes on
}

BOOST_FIXTURE_TEST_CASE(a_session_that_is_over_is_not_listened_to, call) {
    begin("");
    BOOST_TEST(run("Q c f;1 t;1 ttl && D && M3:1 tag") == "60 && 0 && -1");
}

BOOST_FIXTURE_TEST_CASE(with_the_second_leg_in_one_command_the_other_party_is_meant, call) {
    BOOST_TEST(run("U c 10.0.0.1 4000 f t sock T1 && M3:1 caller && L 10.0.0.2 5000 && M3:1 callee") ==
               "30000 && 0 && 30002");
    press(side::caller, 1);
    press(side::callee, 2);
    BOOST_TEST(notices() == (lines{"caller 1 10 480 0", "callee 2 10 480 1"}),
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(no_party_floods_the_controller, call) {
    begin(" && M3:1 tag");
    for (int i = 0; i < 1000; ++i)
        press(side::caller, 1);
    BOOST_TEST(notices().size() == 32u);
    run.pass(std::chrono::seconds{1});
    press(side::caller, 2);
    BOOST_TEST(notices().back() == "tag 2 10 480 0");
}

BOOST_FIXTURE_TEST_CASE(events_are_caught_among_reframed_audio, call) {
    BOOST_TEST(run("Uz40 c 10.0.0.1 4000 f sock T1 && M3:1 tag 101 h") == "30000");
    BOOST_TEST(run("L c 10.0.0.2 5000 f t") == "30002");
    auto voice = pcmu(20);
    voice.number = 0;
    run.packet(caller, 30002, to_datagram(voice.next()));
    press(side::caller, 7);
    BOOST_TEST(notices() == lines{"tag 7 10 480 0"}, boost::test_tools::per_element());
    BOOST_REQUIRE_EQUAL(run.plane.sent.size(), 1u);
    BOOST_TEST(to_parts(run.plane.sent[0].datagram).payload_type == 0);
}
