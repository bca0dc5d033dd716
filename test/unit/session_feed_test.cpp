#define BOOST_TEST_MODULE session_feed
#include "support/command_script.hpp"
#include "support/rtp_packets.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

using packets = std::vector<std::vector<std::byte>>;

std::vector<std::byte> numbered(std::uint16_t sequence_number) {
    return make_rtp({.sequence_number = sequence_number});
}

/// Keeps what it sees.
class listening_tap final : public packet_tap {
  public:
    listening_tap(packets& seen, kind what) : seen_(seen), kind_(what) {}
    kind what() const noexcept override { return kind_; }
    fate on_packet(const tapped_packet& packet) noexcept override {
        seen_.emplace_back(packet.datagram.begin(), packet.datagram.end());
        return fate::pass;
    }

  private:
    packets& seen_;
    kind kind_;
};

/// A complete call `src` (callee's port 30000, caller's 30002) to listen to, and one `tgt` (30004, 30006)
/// whose parties shall hear it.
struct two_calls {
    two_calls() {
        run("U src 10.0.0.1 4000 f");
        run("L src 10.0.0.2 5000 f t");
        run("U tgt 10.1.0.1 6000 F");
        run("L tgt 10.1.0.2 7000 F T");
    }

    /// Lets the feeds carry what they have. @returns `call>party's address` of all that was sent in `tgt`.
    std::string settle() {
        run.io_context.restart();
        run.io_context.poll();
        std::string text;
        for (const auto& each : run.plane.sent)
            if (each.call_id == "tgt")
                text += each.destination.address().to_string() + ':' +
                        std::to_string(each.destination.port()) + ' ';
        return text;
    }
    session& call(std::uint16_t port) { return *run.plane.at_port(port)->owner; }
    std::size_t feed_taps(std::uint16_t port) {
        const auto* const services = session_manager::find_services(call(port));
        return services == nullptr ? 0
                                   : services->count_taps(side::caller, packet_tap::kind::feed) +
                                         services->count_taps(side::callee, packet_tap::kind::feed);
    }
    void speak(const endpoint& from, std::uint16_t port, std::uint16_t number = 1) {
        run.packet(from, port, numbered(number));
    }

    command_script run;
    const endpoint source_caller = make_endpoint("10.0.0.1", 4000);
    const endpoint source_callee = make_endpoint("10.0.0.2", 5000);
    const endpoint target_caller = make_endpoint("10.1.0.1", 6000);
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(media_of_the_first_party_goes_to_the_callee_without_an_answer, two_calls) {
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C src f t") == "30004");
    speak(source_caller, 30002);
    speak(source_callee, 30000);
    BOOST_TEST(settle() == "10.1.0.2:7000 10.1.0.1:6000 ");
    BOOST_TEST((run.plane.sent.back().datagram == numbered(1)));
}

BOOST_FIXTURE_TEST_CASE(an_answer_in_between_turns_the_directions, two_calls) {
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && L 10.1.0.2 7000 && C src f t") == "30004 && 30006");
    speak(source_caller, 30002);
    speak(source_callee, 30000);
    BOOST_TEST(settle() == "10.1.0.1:6000 10.1.0.2:7000 ");
}

BOOST_FIXTURE_TEST_CASE(the_order_of_the_sources_tags_turns_the_directions, two_calls) {
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C src t f") == "30004");
    speak(source_caller, 30002);
    BOOST_TEST(settle() == "10.1.0.1:6000 ");
}

BOOST_FIXTURE_TEST_CASE(rtcp_is_fed_and_the_source_is_relayed_as_before, two_calls) {
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C src f t") == "30004");
    run.packet(make_endpoint("10.0.0.1", 4001), 30003, numbered(1));
    speak(source_caller, 30002);
    BOOST_TEST(settle() == "10.1.0.2:7001 10.1.0.2:7000 ");
    BOOST_TEST(run("Q src f t") == "60 1 0 1 0");
}

BOOST_FIXTURE_TEST_CASE(own_media_is_dropped_while_another_session_is_heard, two_calls) {
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    speak(target_caller, 30006);
    BOOST_TEST(settle() == "");
    BOOST_TEST(run("Q tgt F T") == "60 1 0 0 1");
    BOOST_TEST(call(30004).drops[static_cast<std::size_t>(drop_reason::fed)] == 1u);
    run("D src f t");
    settle();
    speak(target_caller, 30006, 2);
    BOOST_TEST(settle() == "10.1.0.2:7000 ");
}

BOOST_FIXTURE_TEST_CASE(fed_packets_are_not_counted_as_relayed_but_keep_the_session_alive, two_calls) {
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    run.pass(50s);
    speak(source_caller, 30002);
    settle();
    run.pass(50s);
    BOOST_TEST(run("Q tgt F T") == "10 0 0 0 0");
    run.pass(12s);
    BOOST_TEST(run("Q tgt F T") == "E50");
}

BOOST_FIXTURE_TEST_CASE(fed_packets_are_recorded_and_copied_but_not_fed_on, two_calls) {
    packets recorded, copied, fed, events;
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    auto& services = run.manager.services_of(call(30004));
    for (auto [seen, what] :
         {std::pair{&recorded, packet_tap::kind::recording}, std::pair{&copied, packet_tap::kind::copy},
          std::pair{&fed, packet_tap::kind::feed}, std::pair{&events, packet_tap::kind::dtmf}})
        services.add_tap(side::caller, std::make_unique<listening_tap>(*seen, what));
    speak(source_caller, 30002, 7);
    settle();
    BOOST_TEST((recorded == packets{numbered(7)}));
    BOOST_TEST((copied == packets{numbered(7)}));
    BOOST_TEST(fed.empty());
    BOOST_TEST(events.empty());
}

BOOST_FIXTURE_TEST_CASE(two_sessions_that_hear_each_other_do_not_loop, two_calls) {
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    run("U src 10.0.0.1 4000 f t && C tgt F T");
    speak(source_caller, 30002);
    settle();
    BOOST_TEST(run.plane.sent.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(source_has_to_be_another_session, two_calls) {
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C no such call") == "30004 && -1");
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C src F T") == "30004 && -1");
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C tgt F T") == "30004 && -1");
    BOOST_TEST(run("U new 10.1.0.1 6000 F T && C new F T") == "30008 && -1");
    settle();
    BOOST_TEST(feed_taps(30004) == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_half_open_source_is_heard_once_it_is_complete, command_script) {
    auto& run = *this;
    run("U src 10.0.0.1 4000 f");
    run("U tgt 10.1.0.1 6000 F");
    run("L tgt 10.1.0.2 7000 F T");
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C src f t") == "30002");
    run.packet(make_endpoint("10.0.0.2", 5000), 30000, numbered(1));
    run("L src 10.0.0.2 5000 f t");
    run.packet(make_endpoint("10.0.0.2", 5000), 30000, numbered(2));
    run.io_context.poll();
    BOOST_REQUIRE_EQUAL(run.plane.sent.size(), 2u);
    BOOST_TEST(run.plane.sent[1].call_id == "tgt");
    BOOST_TEST((run.plane.sent[1].datagram == numbered(2)));
}

BOOST_FIXTURE_TEST_CASE(a_repeated_command_feeds_once, two_calls) {
    for (int i = 0; i < 40; ++i) {
        BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C src f t") == "30004");
        settle();
    }
    BOOST_TEST(feed_taps(30000) == 2u);
    speak(source_caller, 30002);
    BOOST_TEST(settle() == "10.1.0.2:7000 ");
}

BOOST_FIXTURE_TEST_CASE(an_offer_that_nobody_takes_is_withdrawn, two_calls) {
    BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && D && D && C src f t") == "30004 && 0 && -1");
    run.plane.next_error = make_error_code(boost::system::errc::address_in_use);
    BOOST_TEST(run("U other 10.1.0.1 6000 F T && C src f t") == "E72");
    settle();
    BOOST_TEST(feed_taps(30000) == 0u);
}

BOOST_FIXTURE_TEST_CASE(the_end_of_the_target_takes_the_taps_away, two_calls) {
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    BOOST_TEST(feed_taps(30000) == 2u);
    speak(source_caller, 30002);  // still waiting when the target ends
    run("D tgt F T");
    settle();
    BOOST_TEST(feed_taps(30000) == 0u);
    speak(source_caller, 30002, 2);
    BOOST_TEST(settle() == "");
    BOOST_TEST(run("Q src f t") == "60 2 0 2 0");
}

BOOST_FIXTURE_TEST_CASE(both_may_end_before_the_other_hears_of_it, two_calls) {
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    speak(source_caller, 30002);
    run("D src f t");
    run("D tgt F T");
    BOOST_TEST(settle() == "");
    BOOST_TEST(run.plane.pairs.empty());
}

BOOST_FIXTURE_TEST_CASE(a_source_that_ends_leaves_no_room_taken, two_calls) {
    for (int i = 0; i < 10; ++i) {
        const auto name = "s" + std::to_string(i);
        run("U " + name + " 10.0.0.1 4000 f");
        BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C " + name + " f t") == "30004");
        run("D " + name + " f");
        settle();
    }
}

BOOST_FIXTURE_TEST_CASE(sources_and_listeners_are_bounded, two_calls) {
    for (int i = 0; i < 5; ++i) {
        const auto name = "s" + std::to_string(i);
        run("U " + name + " 10.0.0.1 4000 f");
        BOOST_TEST(run("U tgt 10.1.0.1 6000 F T && C " + name + " f t") == (i < 4 ? "30004" : "30004 && -1"));
    }
    for (int i = 0; i < 17; ++i) {
        const auto reply = run("U l" + std::to_string(i) + " 10.0.0.1 4000 f t && C src f t");
        BOOST_TEST(reply.ends_with("&& -1") == (i == 16));
    }
}

BOOST_FIXTURE_TEST_CASE(what_the_target_cannot_take_in_time_is_lost_and_the_rest_is_in_order, two_calls) {
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    for (std::uint16_t number = 0; number < 300; ++number)
        speak(source_caller, 30002, number);
    run.plane.sent.clear();
    settle();
    BOOST_REQUIRE_EQUAL(run.plane.sent.size(), session_feed::most_waiting);
    for (std::uint16_t number = 0; number < session_feed::most_waiting; ++number)
        BOOST_TEST((run.plane.sent[number].datagram == numbered(number)));
}

BOOST_FIXTURE_TEST_CASE(large_datagrams_are_fed_too, two_calls) {
    run("U tgt 10.1.0.1 6000 F T && C src f t");
    auto large = numbered(1);
    large.resize(60'000, std::byte{7});
    run.packet(source_caller, 30002, large);
    settle();
    BOOST_TEST((run.plane.sent.back().datagram == large));
}
