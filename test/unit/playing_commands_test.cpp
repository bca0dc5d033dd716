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

// What is signalled decides what a prompt is played as.

namespace {

/// A packet of a prompt, as it is heard.
struct heard_packet {
    std::uint8_t payload_type;
    bool marker;
    std::uint16_t number;
    std::uint32_t timestamp;
    std::uint32_t ssrc;
    std::vector<std::byte> payload;
};

/// Prompts of a second in several payload types: `moh` in 0, 8, 18 and, as Opus, 111 and 96; `only8` in 8. An
/// octet of PCMU and PCMA tells its place in units of 10 ms.
struct codec_script : script {
    codec_script() {
        prompts.dynamic = {{111, codec_id::opus}, {96, codec_id::opus}};
        prompts = {{"moh", told_places(0)}, {"moh", told_places(8)}, {"moh", make(18)},
                   {"moh", make(111)},      {"moh", make(96)},       {"only8", told_places(8)}};
    }

    [[nodiscard]] prompt_ptr make(unsigned payload_type) const {
        const auto format = *frame_format_of(payload_type, prompts.dynamic);
        const auto frames = static_cast<std::size_t>(1s / format.duration);
        return std::make_shared<const prompt>(
            prompt{format, std::vector<std::byte>(frames * format.octets, std::byte{0x55})});
    }
    [[nodiscard]] prompt_ptr told_places(unsigned payload_type) const {
        std::vector<std::byte> places;
        for (int i = 0; i < 8000; ++i)
            places.push_back(std::byte(i / 80));
        return std::make_shared<const prompt>(prompt{*frame_format_of(payload_type), places});
    }

    void offer(const std::string& modifiers) {
        BOOST_REQUIRE((*this)("U" + modifiers + " c 10.1.2.3 4000 f t") == "30000");
    }
    void answer(const std::string& modifiers) {
        BOOST_REQUIRE((*this)("L" + modifiers + " c 10.9.8.7 5000 f t") == "30002");
    }
    void offer_and_answer(const std::string& offered, const std::string& answered) {
        offer(offered);
        answer(answered);
    }

    void deliver_all() {
        for (int i = 0; i < 10 && !prompts.looked_for.empty(); ++i)
            prompts.deliver();
    }

    /// What is played within that time.
    std::vector<heard_packet> heard(std::chrono::milliseconds time) {
        plane.sent.clear();
        play(time);
        std::vector<heard_packet> packets;
        for (const auto& each : plane.sent) {
            const auto header = read_rtp_header(each.datagram).value();
            packets.push_back({header.payload_type,
                               header.marker,
                               header.sequence_number,
                               header.timestamp,
                               header.ssrc,
                               {each.datagram.begin() + 12, each.datagram.end()}});
        }
        return packets;
    }
    /// The payload types among what is played within 100 ms.
    std::set<unsigned> types_heard() {
        std::set<unsigned> types;
        for (const auto& each : heard(100ms))
            types.insert(each.payload_type);
        return types;
    }
};

using types = std::set<unsigned>;

}  // namespace

BOOST_AUTO_TEST_CASE(prompt_is_in_a_type_of_both_descriptions_if_there_is_one) {
    const struct {
        std::string offered, answered, codecs;
        unsigned to_caller, to_callee;
    } table[] = {
        {"c8,0,101", "c0,101", "session", 0, 0},
        {"c0,8", "c8,0", "session", 0, 8},  // each its own order
        {"c0", "c8", "session", 0, 8},      // nothing in common: each receives what is its own
        {"c8,0", "c0", "8,0", 0, 0},
        {"c8,0", "c0", "8", 8, 8},  // the controller wants no other
        {"c8", "c8,0", "0,8", 8, 8},
        {"c8", "c0", "0,8", 0, 0},  // nothing in common: as the controller says
        {"", "", "8,0", 8, 8},      // nothing is known
        {"", "c0", "8,0", 0, 0},
        {"c18,8", "", "8,18,0", 8, 8},
        {"c18,8", "c18", "8,18,0", 18, 18},
        {"c8,111", "c96", "session", 111, 96},  // Opus, as each party numbers it
        {"c96,106,8", "c106,8", "session", 8, 8},
        {"c111,0", "c0,111", "0,111", 0, 0},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.offered << " answered with " << row.answered << ", P with " << row.codecs) {
            codec_script call;
            BOOST_REQUIRE(call("U" + row.offered + " c 10.1.2.3 4000 f") == "30000");
            call.answer(row.answered);
            BOOST_TEST(call("P c moh " + row.codecs + " f t") == "0");
            BOOST_TEST(call.types_heard() == types{row.to_caller});
            BOOST_TEST(call("S c f t") == "0");
            BOOST_TEST(call("P c moh " + row.codecs + " t f") == "0");
            BOOST_TEST(call.types_heard() == types{row.to_callee});
        }
    }
}

BOOST_AUTO_TEST_CASE(type_of_both_without_a_file_gives_way_to_one_of_the_partys_own) {
    codec_script call;
    call.set_up_call("c0,8");
    call.answer("c0");
    BOOST_TEST(call("P c only8 session f t") == "0");
    BOOST_TEST(call.types_heard() == types{8});
}

BOOST_AUTO_TEST_CASE(prompt_goes_on_in_the_newly_described_type_where_it_was) {
    codec_script call;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P-1 c moh session f t") == "0");
    const auto before = call.heard(295ms);
    BOOST_REQUIRE(before.size() == 30u);
    call.offer_and_answer("c8", "c8");
    const auto after = call.heard(1s);
    BOOST_REQUIRE(after.size() == 100u);
    const auto& last = before.back();
    for (std::size_t i = 0; i < after.size(); ++i) {
        BOOST_TEST(after[i].payload_type == 8);
        BOOST_TEST(after[i].marker == (i == 0));
        BOOST_TEST(after[i].ssrc == last.ssrc);
        BOOST_TEST(after[i].number == static_cast<std::uint16_t>(last.number + 1 + i));
        BOOST_TEST(after[i].timestamp == static_cast<std::uint32_t>(last.timestamp + 80 * (i + 1)));
        BOOST_TEST((after[i].payload.front() == std::byte((30 + i) % 100)));
    }
}

BOOST_AUTO_TEST_CASE(descriptions_change_what_both_parties_hear) {
    codec_script call;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P-1 c moh session t f") == "0");
    BOOST_TEST(call.types_heard() == types{0});
    call.offer("c8");  // is not answered yet: the callee receives it, too
    BOOST_TEST(call.types_heard() == types{8});
    call.answer("c8");
    BOOST_TEST(call.types_heard() == types{8});
    call.offer_and_answer("c111,8", "c111");
    BOOST_TEST(call.types_heard() == types{111});
    call.offer_and_answer("c18,0", "c0,18");
    BOOST_TEST(call.types_heard() == types{0});
    call.offer_and_answer("c18,0", "c18,0");  // no reason to change
    BOOST_TEST(call.types_heard() == types{0});
    call.offer_and_answer("c18,8", "c18");
    call.offer_and_answer("c0", "c0");
    call.offer_and_answer("c18", "c18");
    BOOST_TEST(call.types_heard() == types{18});
    call.offer_and_answer("", "");  // nothing is known any more
    BOOST_TEST(call.types_heard() == types{18});
    BOOST_TEST(call.statistics.players_created.value() == 1u);
}

BOOST_AUTO_TEST_CASE(types_named_with_the_prompt_are_kept_to) {
    codec_script call;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P-1 c moh 0,8 f t") == "0");
    BOOST_TEST(call.types_heard() == types{0});
    call.offer_and_answer("c8,18", "c8,18");
    BOOST_TEST(call.types_heard() == types{8});
    call.offer_and_answer("c18", "c18");
    BOOST_TEST(call.types_heard() == types{8});
    call.offer_and_answer("c18,0", "c18,0");
    BOOST_TEST(call.types_heard() == types{0});
}

BOOST_AUTO_TEST_CASE(prompt_from_before_the_answer_begins_in_what_is_answered) {
    for (const bool at_once : {true, false}) {
        codec_script call;
        call.prompts.at_once = at_once;
        BOOST_REQUIRE(call("Uc8,0 c 10.1.2.3 4000 f") == "30000");
        BOOST_TEST(call("P c moh session f") == "0");
        call.answer("c0");
        if (!at_once) BOOST_TEST(call.heard(50ms).empty());  // it is being looked for
        call.prompts.deliver();
        const auto heard = call.heard(2s);
        BOOST_REQUIRE(heard.size() == 100u);
        for (const auto& each : heard)
            BOOST_TEST(each.payload_type == 0);
        BOOST_TEST(heard[0].marker);
        BOOST_TEST((heard[0].payload.front() == std::byte{0}));
        BOOST_TEST(call.callee_is_relayed());
    }
}

BOOST_AUTO_TEST_CASE(prompt_goes_on_as_it_was_while_the_other_is_looked_for) {
    codec_script call;
    call.prompts.at_once = false;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P-1 c moh session f t") == "0");
    BOOST_TEST(call.types_heard() == types{0});
    call.offer_and_answer("c8", "c8");
    BOOST_TEST(call.types_heard() == types{0});
    call.offer_and_answer("c18", "c18");
    call.offer_and_answer("c111", "c111");
    BOOST_TEST(call.types_heard() == types{0});
    BOOST_TEST(call.prompts.looked_for.size() == 1u);  // one at a time
    call.prompts.deliver();
    BOOST_TEST(call.types_heard() == types{0});  // what was looked for is outdated
    BOOST_TEST(call.prompts.looked_for.size() == 1u);
    call.prompts.deliver();
    BOOST_TEST(call.types_heard() == types{111});
    BOOST_TEST(call.prompts.looked_for.empty());
}

BOOST_AUTO_TEST_CASE(prompt_that_is_over_before_the_other_is_found_is_over) {
    for (const char* ending : {"", "S c f t", "P0 c moh 0 f t", "D c f", "P c only8 8 f t"}) {
        BOOST_TEST_CONTEXT('"' << ending << '"') {
            codec_script call;
            call.prompts.at_once = false;
            call.set_up_call("c0,8");
            BOOST_TEST(call("P c moh session f t") == "0");
            call.heard(900ms);
            call.offer_and_answer("c18", "c18");
            if (*ending == '\0')
                call.heard(1s);
            else
                BOOST_TEST(call(ending) == "0");
            BOOST_TEST(call.statistics.players_destroyed.value() == 1u);
            call.prompts.deliver();
            BOOST_TEST(call.types_heard() == (*ending == 'P' && ending[1] == ' ' ? types{8} : types{}));
        }
    }
}

BOOST_AUTO_TEST_CASE(passes_are_counted_across_a_change) {
    codec_script call;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P2 c moh session f t") == "0");
    BOOST_TEST(call.heard(995ms).size() == 100u);
    call.offer_and_answer("c8", "c8");
    BOOST_TEST(call.heard(495ms).size() == 50u);
    call.offer_and_answer("c0", "c0");
    const auto rest = call.heard(2s);
    BOOST_REQUIRE(rest.size() == 50u);
    BOOST_TEST((rest.back().payload.front() == std::byte{99}));
    BOOST_TEST(call.statistics.players_destroyed.value() == 1u);
    BOOST_TEST(call.callee_is_relayed());
}

BOOST_AUTO_TEST_CASE(prompt_passes_in_silence_while_there_is_nothing_the_party_receives) {
    codec_script call;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P c moh session f t") == "0");
    const auto before = call.heard(195ms);
    call.offer_and_answer("c4,101", "c4,101");
    call.deliver_all();
    BOOST_TEST(call.heard(300ms).empty());
    call.offer_and_answer("c0", "c0");
    call.prompts.deliver();
    const auto after = call.heard(2s);
    BOOST_REQUIRE(after.size() == 50u);
    BOOST_TEST(after[0].marker);
    BOOST_TEST(after[0].number == static_cast<std::uint16_t>(before.back().number + 1));
    BOOST_TEST(after[0].timestamp == static_cast<std::uint32_t>(before.back().timestamp + 31 * 80));
    BOOST_TEST((after[0].payload.front() == std::byte{50}));
    BOOST_TEST(call.callee_is_relayed());
}

BOOST_AUTO_TEST_CASE(prompt_that_has_not_begun_waits_for_a_type_that_the_party_receives) {
    codec_script call;
    BOOST_REQUIRE(call("Uc8 c 10.1.2.3 4000 f") == "30000");
    BOOST_TEST(call("P c moh session f") == "0");
    call.offer("c4");
    call.answer("c4,0");
    call.deliver_all();
    BOOST_TEST(call.heard(1s).empty());
    call.offer_and_answer("c0", "c0");
    call.prompts.deliver();
    const auto heard = call.heard(2s);
    BOOST_REQUIRE(heard.size() == 100u);
    BOOST_TEST((heard[0].payload.front() == std::byte{0}));
}

BOOST_AUTO_TEST_CASE(prompt_without_memory_for_another_goes_on_as_it_was) {
    codec_script call;
    call.prompts.at_once = false;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P-1 c moh session f t") == "0");
    call.prompts.out_of_memory = true;
    call.offer_and_answer("c8", "c8");
    BOOST_TEST(call.types_heard() == types{0});
    call.prompts.out_of_memory = false;
    call.answer("c8");
    call.prompts.deliver();
    BOOST_TEST(call.types_heard() == types{8});
}

BOOST_AUTO_TEST_CASE(packet_length_of_the_new_type_follows_the_ptime_of_now) {
    codec_script call;
    call.set_up_call("c0,8");
    BOOST_TEST(call("P-1 c moh session f t") == "0");
    BOOST_TEST(call.heard(200ms).back().payload.size() == 80u);
    call.answer("z40c0,8");
    BOOST_TEST(call.heard(200ms).back().payload.size() == 80u);  // goes on as it was
    call.offer_and_answer("c8", "z40c8");
    BOOST_TEST(call.heard(200ms).back().payload.size() == 320u);
}
