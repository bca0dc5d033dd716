#define BOOST_TEST_MODULE playing_commands
#include "support/command_script.hpp"
#include "support/rtp_packets.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

prompt_ptr make_prompt(unsigned payload_type, std::size_t octets, unsigned char value = 0) {
    return std::make_shared<const prompt>(
        prompt{*frame_format_of(payload_type), std::vector<std::byte>(octets, std::byte{value})});
}

const auto callers_phone = make_endpoint("10.1.2.3", 4000);
const auto callees_phone = make_endpoint("10.9.8.7", 5000);

/// Commands, with prompts to play: `long` of a second, `short` of 30 ms, `tiny` of less than a packet.
struct script : command_script {
    explicit script(session_settings settings = {})
        : command_script(local_addresses({make_local("0.0.0.0")}), settings) {
        prompts = {
            {"long", make_prompt(0, 8000)}, {"short", make_prompt(8, 240)}, {"tiny", make_prompt(0, 79)}};
    }

    /// Ports: 30000 takes the callee's media, 30002 the caller's.
    void set_up_call(const std::string& modifiers = "c0,8") {
        BOOST_REQUIRE((*this)("U" + modifiers + " c 10.1.2.3 4000 f") == "30000");
        BOOST_REQUIRE((*this)("L" + modifiers + " c 10.9.8.7 5000 f t") == "30002");
    }

    /// Packets played since the last time, all to that party.
    std::size_t played_to(side party) {
        for (const auto& each : plane.sent) {
            BOOST_TEST((each.to == party));
            BOOST_TEST((each.which == component::rtp));
            BOOST_TEST(each.destination == (party == side::caller ? callers_phone : callees_phone));
        }
        const auto count = plane.sent.size();
        plane.sent.clear();
        return count;
    }

    /// Lets time pass, with players that send once a second.
    void pass_and_play(std::chrono::seconds time) {
        for (; time > 0s; --time) {
            pass(1s);
            players.run();
        }
    }

    bool caller_is_relayed() { return packet(callers_phone, 30002, make_rtp({.ssrc = 1})).has_value(); }
    bool callee_is_relayed() { return packet(callees_phone, 30000, make_rtp({.ssrc = 2})).has_value(); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(prompt_is_played_to_the_party_named_first) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P c long session f t") == "0");
    call.play(2s);
    BOOST_TEST(call.played_to(side::caller) == 100u);
    BOOST_TEST(call("P c short 8 t f") == "0");
    call.play(2s);
    BOOST_TEST(call.played_to(side::callee) == 3u);
    BOOST_TEST(call.statistics.packets_played.value() == 103u);
}

BOOST_AUTO_TEST_CASE(packets_are_sent_when_they_are_due) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P c long session f ") == "0");  // as OpenSIPS writes it without a to-tag
    for (std::size_t packets = 1; packets <= 100; ++packets) {
        call.play(0ms);
        BOOST_TEST(call.plane.sent.size() == packets);
        call.play(9ms);
        BOOST_TEST(call.plane.sent.size() == packets);
        call.play(1ms);
    }
    call.play(1s);
    BOOST_TEST(call.plane.sent.size() == 100u);
}

BOOST_AUTO_TEST_CASE(counts) {
    const struct {
        std::string_view command;
        std::size_t packets;
    } table[] = {
        {"P c short 8 f", 3},     {"P1 c short 8 f", 3},    {"P2 c short 8 f", 6}, {"P+3 c short 8 f", 9},
        {"P-1 c short 8 f", 501}, {"P-7 c short 8 f", 501}, {"P0 c short 8 f", 0}, {"P5 c tiny 0 f", 0},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.command) {
            script call;
            call.set_up_call();
            BOOST_TEST(call(row.command) == "0");
            call.play(5s);
            BOOST_TEST(call.played_to(side::caller) == row.packets);
        }
    }
}

BOOST_AUTO_TEST_CASE(media_of_the_other_party_waits_until_the_prompt_ends) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P c short session f") == "0");
    call.play(10ms);
    BOOST_TEST(!call.callee_is_relayed());
    BOOST_TEST(call.caller_is_relayed());
    const auto callees_rtcp = make_endpoint("10.9.8.7", 5001);
    BOOST_TEST(call.packet(callees_rtcp, 30001, std::vector<std::byte>(8, std::byte{0x80})).has_value());
    BOOST_TEST(call("Q c t f") == "3600 1 1 1 1");  // the callee's packet was received, and dropped
    BOOST_TEST(call.statistics.drops[static_cast<std::size_t>(drop_reason::playing)].value() == 1u);
    call.play(20ms);
    BOOST_TEST(call.callee_is_relayed());
    BOOST_TEST(call.caller_is_relayed());
}

BOOST_AUTO_TEST_CASE(stopping) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("S c f") == "0");
    BOOST_TEST(call("P-1 c long session f t") == "0");
    call.play(95ms);
    BOOST_TEST(call("S c t f") == "0");  // the other party's: there is none
    call.play(5ms);
    BOOST_TEST(call.played_to(side::caller) == 11u);
    BOOST_TEST(call("S c f ") == "0");
    BOOST_TEST(call.callee_is_relayed());
    BOOST_TEST(call("P-1 c long session f t") == "0");
    BOOST_TEST(!call.callee_is_relayed());
    BOOST_TEST(call("P0 c none 55 f t") == "0");
    call.plane.sent.clear();
    call.play(1s);
    BOOST_TEST(call.plane.sent.empty());
    BOOST_TEST(call.statistics.players_created.value() == 2u);
    BOOST_TEST(call.statistics.players_destroyed.value() == 2u);
}

BOOST_AUTO_TEST_CASE(failures_in_their_order) {
    script call;
    BOOST_TEST(call("Px c long session f") == "E17");
    BOOST_TEST(call("P1x c long session f") == "E17");
    BOOST_TEST(call("P c long session f") == "E50");
    BOOST_TEST(call("P0 c long session f") == "E50");
    BOOST_TEST(call("S c f") == "E50");
    BOOST_TEST(call("Uc0,8 c 10.1.2.3 4000 f") == "30000");
    BOOST_TEST(call("P c long session x f") == "E35");  // the callee's list is not known yet
    BOOST_TEST(call("P c none session x f") == "E35");
    BOOST_TEST(call("P c none session f") == "E60");
    BOOST_TEST(call("P c none 0 f") == "E60");
    BOOST_TEST(call("P0 c none 0 f") == "0");
    BOOST_TEST(call("U c 10.1.2.3 4000 f t") == "30000");  // a description without c
    BOOST_TEST(call("P c long session f") == "E35");
    BOOST_TEST(call.statistics.players_created.value() == 0u);
}

BOOST_AUTO_TEST_CASE(failed_prompt_has_stopped_the_one_before) {
    for (const char* failing : {"P c none 0 f", "P c long session f"}) {
        script call;
        call.set_up_call("");
        BOOST_TEST(call("P-1 c long 0 f") == "0");
        BOOST_TEST(!call.callee_is_relayed());
        BOOST_TEST(call(failing).starts_with("E"));
        BOOST_TEST(call.callee_is_relayed());
    }
}

BOOST_AUTO_TEST_CASE(new_prompt_takes_the_place_of_the_one_before) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P-1 c long session f") == "0");
    call.play(95ms);
    BOOST_TEST(call.played_to(side::caller) == 10u);
    BOOST_TEST(call("P c short session f") == "0");
    call.play(2s);
    for (const auto& each : call.plane.sent)
        BOOST_TEST(read_rtp_header(each.datagram)->payload_type == 8);
    BOOST_TEST(call.played_to(side::caller) == 3u);
}

BOOST_AUTO_TEST_CASE(both_parties_may_hear_prompts) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P c long session f t") == "0");
    BOOST_TEST(call("P c long session t f") == "0");
    BOOST_TEST(!call.callee_is_relayed());
    BOOST_TEST(!call.caller_is_relayed());
    call.play(2s);
    BOOST_TEST(call.plane.sent.size() == 200u);
}

BOOST_AUTO_TEST_CASE(player_waits_for_the_leg_and_the_address) {
    script call;
    BOOST_TEST(call("Uc0 c 0.0.0.0 4000 f") == "30000");
    BOOST_TEST(call("P c long session f") == "0");
    call.play(1s);
    BOOST_TEST(call.plane.sent.empty());
    BOOST_TEST(call("Lc0 c 10.9.8.7 5000 f t") == "30002");
    call.play(1s);
    BOOST_TEST(call.plane.sent.empty());
    BOOST_TEST(call("Uc0 c 10.1.2.3 4000 f t") == "30000");
    call.play(2s);
    BOOST_TEST(call.played_to(side::caller) == 100u);
}

BOOST_AUTO_TEST_CASE(player_starts_when_media_teach_the_address) {
    session_settings classic;
    classic.learning.standard = learning_policy::classic;
    script call(classic);
    BOOST_TEST(call("Uc0 c 0.0.0.0 4000 f") == "30000");
    BOOST_TEST(call("Lc0 c 10.9.8.7 5000 f t") == "30002");
    BOOST_TEST(call("P c long session f") == "0");
    call.play(1s);
    BOOST_TEST(call.plane.sent.empty());
    BOOST_TEST(call.caller_is_relayed());
    call.plane.sent.clear();
    call.play(2s);
    BOOST_TEST(call.played_to(side::caller) == 100u);
}

BOOST_AUTO_TEST_CASE(session_of_half_a_call_starts_to_play_with_the_answer) {
    script call;
    BOOST_TEST(call("Uc0 c 10.1.2.3 4000 f") == "30000");
    BOOST_TEST(call("P c long session f") == "0");
    call.play(500ms);
    BOOST_TEST(call.plane.sent.empty());
    BOOST_TEST(call("Lc0 c 10.9.8.7 5000 f t") == "30002");
    call.play(2s);
    BOOST_TEST(call.played_to(side::caller) == 100u);
}

BOOST_AUTO_TEST_CASE(packet_length_follows_the_ptime_towards_the_party_for_its_own_list_only) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("Lz40c0 c 10.9.8.7 5000 f t") == "30002");  // what the callee sends, the caller hears
    const auto packet_octets = [&](std::string_view command) {
        call.plane.sent.clear();
        BOOST_TEST(call(command) == "0");
        call.play(0ms);
        BOOST_REQUIRE(call.plane.sent.size() == 1u);
        return call.plane.sent[0].datagram.size() - 12;
    };
    BOOST_TEST(packet_octets("P c long session f") == 320u);
    BOOST_TEST(packet_octets("P c long 0 f") == 80u);
    BOOST_TEST(packet_octets("P c long session t f") == 80u);
    BOOST_TEST(call("Lc0 c 10.9.8.7 5000 f t") == "30002");  // a description without z
    BOOST_TEST(packet_octets("P c long session f") == 80u);
}

BOOST_AUTO_TEST_CASE(streams_begin_at_random_with_an_even_timestamp) {
    std::set<std::uint32_t> ssrcs, timestamps;
    script call;
    call.set_up_call();
    for (int i = 0; i < 20; ++i) {
        call.plane.sent.clear();
        BOOST_TEST(call("P c long session f") == "0");
        call.play(0ms);
        const auto header = read_rtp_header(call.plane.sent.at(0).datagram).value();
        BOOST_TEST(header.marker);
        BOOST_TEST(header.timestamp % 2 == 0u);
        ssrcs.insert(header.ssrc);
        timestamps.insert(header.timestamp);
    }
    BOOST_TEST(ssrcs.size() == 20u);
    BOOST_TEST(timestamps.size() == 20u);
}

BOOST_AUTO_TEST_CASE(long_standstill_is_not_made_up_for) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P-1 c long session f") == "0");
    call.play(0ms);
    call.pass(200ms);
    call.play(0ms);
    BOOST_TEST(call.played_to(side::caller) == 21u);
    call.pass(10s);
    call.play(0ms);
    BOOST_TEST(call.played_to(side::caller) == 1u);
    call.play(100ms);
    BOOST_TEST(call.played_to(side::caller) == 10u);
}

BOOST_AUTO_TEST_CASE(what_is_played_keeps_no_session_alive_but_what_is_received_does) {
    script call({.hold_ttl = 600});
    call.set_up_call();
    BOOST_TEST(call("P-1 c long session f") == "0");
    call.pass_and_play(600s);
    BOOST_TEST(call("Q c f t ttl") == "0");
    BOOST_TEST(!call.callee_is_relayed());  // the caller hears the prompt
    BOOST_TEST(call("Q c f t ttl") == "600");
    call.pass_and_play(600s);
    BOOST_TEST(call("Q c f t ttl") == "0");
    call.pass_and_play(1s);
    BOOST_TEST(call("Q c f t ttl") == "E50");
}

BOOST_AUTO_TEST_CASE(silence_after_a_prompt_that_is_stopped_counts_from_there) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P-1 c long session f") == "0");
    call.pass_and_play(200s);
    BOOST_TEST(call("S c f") == "0");
    BOOST_TEST(call("Q c f t ttl") == "60");
    call.pass(60s);
    BOOST_TEST(call("Q c f t ttl") == "0");
    call.pass(1s);
    BOOST_TEST(call("Q c f t ttl") == "E50");
}

BOOST_AUTO_TEST_CASE(silence_after_a_prompt_that_ends_by_itself_counts_from_there) {
    script call;
    call.set_up_call();
    BOOST_TEST(call("P c long session f") == "0");
    call.pass(100s);  // the player stands still meanwhile
    while (call.statistics.players_destroyed.value() == 0)
        call.play(1ms);
    BOOST_TEST(call("Q c f t ttl") == "60");
    call.pass(60s);
    BOOST_TEST(call("Q c f t ttl") == "0");
    call.pass(1s);
    BOOST_TEST(call("Q c f t ttl") == "E50");
}

BOOST_AUTO_TEST_CASE(independent_ttl_needs_both_parties_to_be_heard_while_a_prompt_is_played) {
    script call({.ttl_mode = inactivity::mode::independent, .hold_ttl = 600});
    call.set_up_call();
    BOOST_TEST(call("P-1 c long session f") == "0");
    call.pass_and_play(500s);
    call.caller_is_relayed();
    call.pass_and_play(100s);
    BOOST_TEST(call("Q c f t ttl") == "0");
    call.pass_and_play(1s);
    BOOST_TEST(call("Q c f t ttl") == "E50");
}

BOOST_AUTO_TEST_CASE(session_that_ends_ends_its_players) {
    for (const char* ending : {"D c f", "X"}) {
        script call;
        call.set_up_call();
        BOOST_TEST(call("P-1 c long session f") == "0");
        BOOST_TEST(call("P-1 c long session t f") == "0");
        call.play(10ms);
        call.plane.sent.clear();
        BOOST_TEST(call(ending) == "0");
        call.play(1s);
        BOOST_TEST(call.plane.sent.empty());
        BOOST_TEST(call.statistics.players_destroyed.value() == 2u);
    }
}
