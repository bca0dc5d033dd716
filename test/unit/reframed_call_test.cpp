// `z` in calls: what leaves when, and what is counted.

#define BOOST_TEST_MODULE reframed_call
#include "support/command_script.hpp"
#include "support/reframed_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

/// Commands and packets of one call: the caller's leg has port 30002, the callee's 30000.
struct call {
    void sends(const endpoint& from, std::uint16_t to, const octets& datagram) {
        run.packet(from, to, datagram);
    }
    void caller_sends(const rtp_parts& packet) { sends(caller, 30002, to_datagram(packet)); }
    void callee_sends(const rtp_parts& packet) { sends(callee, 30000, to_datagram(packet)); }

    /// What came out for the party, in parts.
    std::vector<rtp_parts> heard_by(side to) const {
        std::vector<rtp_parts> result;
        for (const auto& each : run.plane.sent)
            if (each.to == to && each.which == component::rtp) result.push_back(to_parts(each.datagram));
        return result;
    }

    command_script run;
    const endpoint caller = make_endpoint("10.0.0.1", 4000);
    const endpoint callee = make_endpoint("10.0.0.2", 5000);
    source voice = pcmu(20);
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_the_party_of_the_description_sends_is_reframed, call) {
    run("Uz40 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    for (int i = 0; i < 12; ++i)
        caller_sends(voice.next());
    const auto heard = heard_by(side::callee);
    BOOST_REQUIRE_EQUAL(heard.size(), 6u);
    for (std::size_t i = 0; i < heard.size(); ++i) {
        BOOST_TEST(to_datagram(heard[i]).size() == 332u);
        BOOST_TEST(heard[i].number == 100 + i);
        BOOST_TEST(heard[i].timestamp == 4000 + 320 * i);
    }
    BOOST_TEST(run("Q c f t") == "60 12 0 6 0");
    BOOST_TEST(run.statistics.reframer_in.value() == 12u);
    BOOST_TEST(run.statistics.reframer_out.value() == 6u);
    BOOST_TEST(run.statistics.reframer_discarded.value() == 0u);
    BOOST_TEST(run.statistics.packets_relayed.value() == 6u);
}

BOOST_FIXTURE_TEST_CASE(the_other_direction_is_not, call) {
    run("Uz40 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    callee_sends(voice.next());
    BOOST_TEST(heard_by(side::caller).size() == 1u);
    BOOST_TEST(run.statistics.reframer_in.value() == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_answer_may_ask_for_it_too, call) {
    run("U c 10.0.0.1 4000 f");
    run("Lz60 c 10.0.0.2 5000 f t");
    source own = pcmu(20);
    for (int i = 0; i < 3; ++i) {
        caller_sends(voice.next());
        callee_sends(own.next());
    }
    BOOST_TEST(heard_by(side::callee).size() == 3u);
    BOOST_REQUIRE_EQUAL(heard_by(side::caller).size(), 1u);
    BOOST_TEST(heard_by(side::caller)[0].payload.size() == 480u);
}

BOOST_FIXTURE_TEST_CASE(events_keep_their_place_among_the_audio, call) {
    run("Uz40 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    std::vector<rtp_parts> came;
    for (int i = 0; i < 13; ++i) {
        came.push_back(i == 3 || i == 4 ? event_packet(voice.number++, 5000, i == 4) : voice.next());
        caller_sends(came.back());
    }
    const auto heard = heard_by(side::callee);
    BOOST_TEST((payloads(heard) == payloads(came)));
    BOOST_TEST(numbers_follow_each_other(heard));
    BOOST_TEST(heard.size() == 8u);  // 2 of audio, 2 events, 4 of audio
    BOOST_TEST(run("Q c f t") == "60 13 0 8 0");
}

BOOST_FIXTURE_TEST_CASE(rtcp_and_what_is_no_rtp_pass_at_once, call) {
    run("Uz40 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    caller_sends(voice.next());
    const octets stun(20, std::byte{1});
    sends(caller, 30002, stun);
    const octets report{std::byte{0x80}, std::byte{201}, std::byte{0}, std::byte{1},
                        std::byte{0},    std::byte{0},   std::byte{0}, std::byte{1}};
    sends(make_endpoint("10.0.0.1", 4001), 30003, report);
    BOOST_REQUIRE_EQUAL(run.plane.sent.size(), 2u);
    BOOST_TEST((run.plane.sent[0].datagram == stun));
    BOOST_TEST((run.plane.sent[1].datagram == report));
    BOOST_TEST(run.statistics.reframer_in.value() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_description_without_it_ends_it_and_sends_what_is_held, call) {
    run("Uz40 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    for (int i = 0; i < 3; ++i)
        caller_sends(voice.next());
    BOOST_TEST(heard_by(side::callee).size() == 1u);
    run("U c 10.0.0.1 4000 f t");
    BOOST_TEST(heard_by(side::callee).size() == 2u);
    const auto later = voice.next();
    caller_sends(later);
    BOOST_TEST(heard_by(side::callee).back() == later);
    BOOST_TEST(run.statistics.reframer_in.value() == 3u);
    BOOST_TEST(run.statistics.reframer_out.value() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_later_description_may_begin_and_change_it, call) {
    run("U c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    caller_sends(voice.next());
    run("Uz40 c 10.0.0.1 4000 f t");
    caller_sends(voice.next());
    caller_sends(voice.next());
    run("Uz60 c 10.0.0.1 4000 f t");
    for (int i = 0; i < 3; ++i)
        caller_sends(voice.next());
    std::vector<std::size_t> sizes;
    for (const auto& each : heard_by(side::callee))
        sizes.push_back(each.payload.size());
    BOOST_TEST(sizes == (std::vector<std::size_t>{320, 480}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_answer_does_not_end_what_the_offer_began, call) {
    run("Uz40 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    run("L c 10.0.0.2 5000 f t");
    caller_sends(voice.next());
    caller_sends(voice.next());
    BOOST_TEST(heard_by(side::callee).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_is_held_when_the_call_ends_is_counted_as_discarded, call) {
    run("Uz40 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    const auto first = voice.next();
    caller_sends(first);
    caller_sends(first);  // a second time
    run("D c f t");
    BOOST_TEST(heard_by(side::callee).empty());
    BOOST_TEST(run.statistics.reframer_in.value() == 2u);
    BOOST_TEST(run.statistics.reframer_discarded.value() == 2u);
}

BOOST_FIXTURE_TEST_CASE(media_that_wait_keep_the_call_alive, call) {
    run("Uz999 c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    for (int i = 0; i < 20; ++i) {
        run.pass(std::chrono::seconds{59});
        caller_sends(voice.next());
    }
    BOOST_TEST(run("Q c f t").starts_with("60 20 0 "));
}

BOOST_FIXTURE_TEST_CASE(calls_without_it_have_no_services, call) {
    run("U c 10.0.0.1 4000 f");
    run("L c 10.0.0.2 5000 f t");
    BOOST_TEST((run.plane.at_port(30000)->owner->services == nullptr));
}
