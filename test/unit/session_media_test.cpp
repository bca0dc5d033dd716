#define BOOST_TEST_MODULE session_media
#include "support/rtp_packets.hpp"
#include "support/transcript.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

/// Makes these ports another session's, so that media may be signalled to go there; the next are 30004 and
/// 30006.
void open_30000_and_30002(command_script& script) {
    script.take_ports_from_pool();
    BOOST_REQUIRE(script("U other 10.1.1.1 4000 f").starts_with("30000 "));
    BOOST_REQUIRE(script("L other 10.1.1.2 4000 f t").starts_with("30002 "));
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_flows_before_the_answer) {
    command_script script;
    script("U c 10.1.2.3 4000 f");
    BOOST_TEST(!script.packet(callees_phone, 30000, make_rtp({})));
    BOOST_TEST(script.statistics.packets_received.value() == 0u);
    BOOST_TEST(script.statistics.packets_discarded.value() == 1u);
    script("L c 10.9.8.7 5000 f t");
    BOOST_TEST((script.packet(callees_phone, 30000, make_rtp({})) == callers_phone));
    BOOST_TEST(script.statistics.packets_received.value() == 1u);
}

BOOST_AUTO_TEST_CASE(rtcp_goes_to_the_next_port) {
    command_script script;
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    const std::vector<std::byte> rtcp(28, std::byte{0x80});
    BOOST_TEST(
        (script.packet(make_endpoint("10.9.8.7", 5001), 30001, rtcp) == make_endpoint("10.1.2.3", 4001)));
    BOOST_TEST(
        (script.packet(make_endpoint("10.1.2.3", 4001), 30003, rtcp) == make_endpoint("10.9.8.7", 5001)));
}

/// Packets of a stream, 20 ms apart; how many of them were sent on to `expected`.
int talk(command_script& script, const endpoint& from, std::uint16_t to, rtp_fields& stream, int packets,
         const endpoint& expected) {
    int arrived = 0;
    for (int i = 0; i < packets; ++i) {
        ++stream.sequence_number;
        stream.timestamp += 160;
        arrived += script.packet(from, to, make_rtp(stream)) == expected ? 1 : 0;
        script.pass(20ms);
    }
    return arrived;
}

std::uint64_t drops(const command_script& script, drop_reason reason) {
    return script.statistics.drops[static_cast<std::size_t>(reason)].value();
}

BOOST_AUTO_TEST_CASE(both_phones_behind_nat_are_learned_and_the_third_party_is_not) {
    command_script script;
    script("U c 192.168.1.10 4000 f");
    script("L c 192.168.2.20 5000 f t");
    const auto caller = make_endpoint("198.51.100.1", 61000);
    const auto callee = make_endpoint("203.0.113.2", 62000);
    rtp_fields from_caller{.ssrc = 1}, from_callee{.ssrc = 2}, forged{.ssrc = 9};
    BOOST_TEST(talk(script, caller, 30002, from_caller, 5, make_endpoint("192.168.2.20", 5000)) == 1);
    BOOST_TEST(talk(script, callee, 30000, from_callee, 5, caller) == 1);
    BOOST_TEST(talk(script, caller, 30002, from_caller, 5, callee) == 5);
    const auto stranger = make_endpoint("192.0.2.66", 7000);
    BOOST_TEST(talk(script, stranger, 30000, forged, 500, caller) == 0);
    BOOST_TEST(talk(script, caller, 30002, from_caller, 5, callee) == 5);
    BOOST_TEST(script("Q c f t npkts_ina npkts_ino nrelayed ndropped") == "15 5 20 0");
    BOOST_TEST(drops(script, drop_reason::on_trial) == 0u);
    BOOST_TEST(drops(script, drop_reason::other_stream) == 500u);
}

BOOST_AUTO_TEST_CASE(first_words_of_a_party_are_relayed_after_its_trial) {
    command_script script;
    script("U c 192.168.1.10 4000 f");
    script("L c 203.0.113.2 5000 f t");
    const auto caller = make_endpoint("198.51.100.1", 61000);
    const auto stranger = make_endpoint("192.0.2.66", 7000);
    const auto callee = make_endpoint("203.0.113.2", 5000);
    rtp_fields words{.ssrc = 1, .sequence_number = 100}, forged{.ssrc = 9, .sequence_number = 500};
    const auto trial = [&](int packets) { return talk(script, caller, 30002, words, packets, callee); };

    // 1. They leave before the packet that ended the trial, in their order, and nobody else's with them.
    BOOST_TEST(trial(2) == 0);
    BOOST_TEST(talk(script, stranger, 30002, forged, 2, callee) == 0);
    BOOST_TEST(script("Q c f t npkts_ina nrelayed ndropped") == "0 0 0");
    int more = 0;
    while (more < 60 && trial(1) == 0)
        ++more;
    BOOST_REQUIRE(more < 60);
    BOOST_REQUIRE(!script.first_words.empty());
    std::uint16_t expected = words.sequence_number;
    for (auto word = script.first_words.rbegin(); word != script.first_words.rend(); ++word) {
        const auto header = read_rtp_header(word->datagram);
        BOOST_REQUIRE(header.has_value());
        BOOST_TEST(header->sequence_number == --expected);
        BOOST_TEST((word->destination == callee));
    }
    BOOST_TEST(script.first_words.size() <= trial_packets::most);

    // 2. Each packet is counted once: passed on, or refused.
    BOOST_TEST(trial(3) == 3);
    const auto passed = 1 + 3 + script.first_words.size();
    BOOST_TEST(script("Q c f t npkts_ina nrelayed") == std::to_string(passed) + " " + std::to_string(passed));
    BOOST_TEST(script.statistics.packets_received.value() ==
               script.statistics.packets_relayed.value() + script.statistics.packets_discarded.value());
}

BOOST_AUTO_TEST_CASE(first_words_wait_until_the_other_party_is_found) {
    command_script script;
    script("U c 192.168.1.10 4000 f");
    script("L c 192.168.2.20 5000 f t");
    const auto caller = make_endpoint("198.51.100.1", 61000);
    const auto callee = make_endpoint("203.0.113.2", 62000);
    rtp_fields from_caller{.ssrc = 1}, from_callee{.ssrc = 2};
    for (int i = 0; i < 10; ++i) {  // they speak in turn, the caller first
        from_callee.sequence_number = ++from_caller.sequence_number;
        from_callee.timestamp = from_caller.timestamp += 160;
        script.packet(caller, 30002, make_rtp(from_caller));
        script.packet(callee, 30000, make_rtp(from_callee));
        script.pass(20ms);
    }
    BOOST_TEST(script("Q c f t npkts_ina npkts_ino nrelayed ndropped") == "10 10 20 0");
    int to_callee = 0;
    for (const auto& word : script.first_words) {
        BOOST_TEST((word.destination == caller || word.destination == callee));
        to_callee += word.destination == callee ? 1 : 0;
    }
    BOOST_TEST(to_callee >= 3);

    // A caller is not kept waiting by somebody who is not believed in the end.
    script("U d 192.168.1.10 4000 f");
    script("L d 203.0.113.2 5000 f t");
    rtp_fields noise{.ssrc = 7};
    const auto signalled = make_endpoint("203.0.113.2", 5000);
    int arrived = 0;
    script.first_words.clear();
    for (std::uint16_t i = 0; i < 20; ++i) {
        ++from_caller.sequence_number;
        from_caller.timestamp += 160;
        noise.ssrc += 1;
        arrived += script.packet(caller, 30006, make_rtp(from_caller)) == signalled ? 1 : 0;
        script.packet(make_endpoint("192.0.2.66", static_cast<std::uint16_t>(7000 + i)), 30004,
                      make_rtp(noise));
        script.pass(20ms);
    }
    BOOST_TEST(arrived + static_cast<int>(script.first_words.size()) == 20);
    BOOST_TEST(arrived >= 11);
}

BOOST_AUTO_TEST_CASE(words_that_would_come_too_late_are_not_relayed) {
    command_script script;
    script("U c 192.168.1.10 4000 f");
    script("L c 203.0.113.2 5000 f t");
    const auto caller = make_endpoint("198.51.100.1", 61000);
    rtp_fields words{.ssrc = 1};
    int packets = 0;
    bool heard = false;
    for (; packets < 10 && !heard; ++packets) {  // a pinhole that is kept open: one packet every 320 ms
        ++words.sequence_number;
        words.timestamp += 2560;
        heard = script.packet(caller, 30002, make_rtp(words)).has_value();
        script.pass(320ms);
    }
    BOOST_TEST(heard);
    BOOST_TEST(script.first_words.empty());
    BOOST_TEST(drops(script, drop_reason::on_trial) == static_cast<unsigned>(packets - 1));
}

BOOST_AUTO_TEST_CASE(words_of_a_source_that_was_never_believed_are_counted_at_the_end) {
    command_script script;
    script("U c 192.168.1.10 4000 f");
    script("L c 203.0.113.2 5000 f t");
    rtp_fields words{.ssrc = 1};
    for (int i = 0; i < 2; ++i)
        talk(script, make_endpoint("198.51.100.1", 61000), 30002, words, 1, callees_phone);
    std::vector<std::byte> large(1501, std::byte{0x80});
    script.packet(make_endpoint("198.51.100.1", 61002), 30002, large);
    BOOST_TEST(script.statistics.packets_received.value() == 3u);
    script("D c f");
    BOOST_TEST(script.statistics.packets_discarded.value() == 3u);
}

BOOST_AUTO_TEST_CASE(payload_types_of_either_description_teach) {
    command_script script;
    script("Uc0,96 c 198.51.100.1 4000 f");
    script("Lc0,101 c 203.0.113.2 5000 f t");
    const auto nat = make_endpoint("198.51.100.1", 61000);
    const auto callee = make_endpoint("203.0.113.2", 5000);
    rtp_fields unknown{.ssrc = 1, .payload_type = 8}, event{.ssrc = 2, .payload_type = 101};
    BOOST_TEST(talk(script, nat, 30002, unknown, 10, callee) == 0);
    BOOST_TEST(drops(script, drop_reason::payload_type) == 10u);
    BOOST_TEST(talk(script, nat, 30002, event, 10, callee) == 8);
}

BOOST_AUTO_TEST_CASE(local_address_may_have_a_policy_of_its_own) {
    const learning_rules rules{
        .standard = learning_policy::signalled,
        .exceptions = {{boost::asio::ip::make_address("10.0.0.2"), learning_policy::classic}}};
    command_script script{local_addresses({make_local("10.0.0.1"), make_local("10.0.0.2", {}, "lan")}),
                          {.learning = rules}};
    const auto nat = make_endpoint("198.51.100.1", 61000);
    script("U strict 192.0.2.1 4000 f");
    script("L strict 192.0.2.2 5000 f t");
    BOOST_TEST(!script.packet(nat, 30002, make_rtp({})));
    script("Ul{lan} open 192.0.2.1 4000 f");
    script("Ll{lan} open 192.0.2.2 5000 f t");
    BOOST_TEST((script.packet(nat, 30006, make_rtp({})) == make_endpoint("192.0.2.2", 5000)));
}

BOOST_AUTO_TEST_CASE(refused_source_is_told_once_for_each_reason) {
    command_script script;
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    rtp_fields voice, forged{.ssrc = 9};
    talk(script, callers_phone, 30002, voice, 5, callees_phone);
    auto& in = *script.plane.at_port(30002);
    const auto verdict = [&](component which) {
        const auto packet = make_rtp(forged);
        return relay_packet(*in.owner, in.faces, which, packet, make_endpoint("192.0.2.66", 7000),
                            script.now(), script.statistics);
    };
    const auto first = verdict(component::rtp);
    BOOST_TEST(first.first_refusal);
    BOOST_TEST((first.refusal == drop_reason::other_stream));
    BOOST_TEST(!first.forward());
    BOOST_TEST(!verdict(component::rtp).first_refusal);
    BOOST_TEST((verdict(component::rtcp).refusal == drop_reason::rtcp_foreign_host));
    BOOST_TEST(!verdict(component::rtcp).first_refusal);
}

BOOST_AUTO_TEST_CASE(leg_has_so_many_packets_a_second_and_refused_ones_take_none) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.leg_packet_rate = 10}};
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    script.pass(1000ms);
    std::uint16_t number = 0;
    const auto send = [&](const endpoint& from, int packets) {
        int arrived = 0;
        for (int i = 0; i < packets; ++i)
            arrived += script.packet(from, 30002, make_rtp({.sequence_number = ++number})) ? 1 : 0;
        return arrived;
    };
    BOOST_TEST(send(callers_phone, 4) == 4);
    BOOST_TEST(send(make_endpoint("192.0.2.66", 7000), 1000) == 0);
    BOOST_TEST(send(callers_phone, 20) == 6);
    BOOST_TEST(drops(script, drop_reason::rate_limited) == 14u);
    BOOST_TEST((script.packet(callees_phone, 30000, make_rtp({})) == callers_phone));  // a leg of its own
    script.pass(1000ms);
    BOOST_TEST(send(callers_phone, 20) == 10);
}

BOOST_AUTO_TEST_CASE(classic_policy_learns_the_first_source) {
    command_script script{local_addresses({make_local("0.0.0.0")}),
                          {.learning = {.standard = learning_policy::classic, .exceptions = {}}}};
    script("U c 192.168.1.10 4000 f");
    script("L c 192.168.2.20 5000 f t");
    const auto caller = make_endpoint("198.51.100.1", 61000);
    const auto callee = make_endpoint("203.0.113.2", 62000);
    BOOST_TEST((script.packet(caller, 30002, make_rtp({.ssrc = 1})) == make_endpoint("192.168.2.20", 5000)));
    BOOST_TEST((script.packet(callee, 30000, make_rtp({.ssrc = 2})) == caller));
    BOOST_TEST((script.packet(caller, 30002, make_rtp({.ssrc = 1, .sequence_number = 2})) == callee));
    const auto stranger = make_endpoint("192.0.2.66", 7000);
    BOOST_TEST(!script.packet(stranger, 30000, make_rtp({.ssrc = 9})));
    BOOST_TEST((script.packet(caller, 30002, make_rtp({.ssrc = 1, .sequence_number = 3})) == callee));
    BOOST_TEST(script("Q c f t") == "60 3 1 4 0");
}

BOOST_AUTO_TEST_CASE(hold_keeps_the_media_path) {
    command_script script;
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    BOOST_TEST(script("U c 0.0.0.0 4000 f t") == "30000");
    BOOST_TEST((script.packet(callees_phone, 30000, make_rtp({})) == callers_phone));
}

BOOST_AUTO_TEST_CASE(leg_signalled_with_port_0_drops_what_is_for_it) {
    command_script script;
    script("U c 10.1.2.3 0 f;2");
    script("L c 10.9.8.7 5000 f;2 t;2");
    BOOST_TEST(!script.packet(callees_phone, 30000, make_rtp({})));
    BOOST_TEST(script("Q c f;2 t;2") == "60 0 1 0 1");
}

BOOST_AUTO_TEST_CASE(a_ring_through_our_own_ports_is_cut) {
    command_script script{local_addresses({make_local("127.0.0.1")})};
    open_30000_and_30002(script);
    script("U c 127.0.0.1 30000 f");
    script("L c 127.0.0.1 30002 f t");
    BOOST_TEST(!script.packet(make_endpoint("127.0.0.1", 30000), 30006, make_rtp({})));
    BOOST_TEST(script.statistics.drops[static_cast<std::size_t>(drop_reason::loop)].value() == 1u);
}

BOOST_AUTO_TEST_CASE(a_ring_through_an_asymmetric_leg_is_cut) {
    // The party may send from any port of its host, which is ours: the packet may be one that we just sent.
    command_script script{local_addresses({make_local("127.0.0.1")})};
    open_30000_and_30002(script);
    script("Ua c 127.0.0.1 4000 f");
    script("La c 127.0.0.1 30002 f t");
    BOOST_TEST(!script.packet(make_endpoint("127.0.0.1", 30000), 30006, make_rtp({})));
    BOOST_TEST(script.statistics.drops[static_cast<std::size_t>(drop_reason::loop)].value() == 1u);
    BOOST_TEST(script.packet(make_endpoint("127.0.0.1", 4000), 30006, make_rtp({})).has_value());
    BOOST_TEST(script.packet(make_endpoint("127.0.0.1", 4002), 30006, make_rtp({})).has_value());
}

BOOST_AUTO_TEST_CASE(a_ring_through_a_former_address_is_cut) {
    // Packets on their way from where a party was before are still taken for a while.
    command_script script{local_addresses({make_local("127.0.0.1")})};
    open_30000_and_30002(script);
    script("U c 127.0.0.1 30000 f");
    script("L c 127.0.0.1 30002 f t");
    const auto former = make_endpoint("127.0.0.1", 30002);
    BOOST_TEST(!script.packet(former, 30004, make_rtp({.sequence_number = 1})));
    script("L c 10.9.8.7 5000 f t");
    script("U c 127.0.0.1 30000 f t");
    BOOST_TEST(!script.packet(former, 30004, make_rtp({.sequence_number = 2})));
    BOOST_TEST(script.statistics.drops[static_cast<std::size_t>(drop_reason::loop)].value() == 2u);
}

BOOST_AUTO_TEST_CASE(a_ring_through_a_signalled_address_is_cut) {
    // The party was found behind a NAT and stays reachable there, but may send from the signalled address.
    session_settings settings;
    settings.learning.standard = learning_policy::guarded;
    command_script script{local_addresses({make_local("10.0.0.1")}), settings};
    open_30000_and_30002(script);
    script.destinations.set_host_addresses({boost::asio::ip::make_address("10.0.0.1")});
    script("Uc0 c 10.0.0.1 30000 f");
    script("Lc0 c 192.168.1.9 5000 f t");
    const auto behind_nat = make_endpoint("192.0.2.9", 6000);
    for (std::uint16_t n = 1; n <= 10; ++n) {
        script.packet(behind_nat, 30004, make_rtp({.sequence_number = n, .timestamp = 160u * n}));
        script.pass(std::chrono::milliseconds{20});
    }
    BOOST_REQUIRE(script.packet(behind_nat, 30004, make_rtp({.sequence_number = 11, .timestamp = 1760})));
    script("Lc0 c 10.0.0.1 30002 f t");
    const std::vector<std::byte> no_rtp(8);  // so that it teaches nothing
    BOOST_TEST(!script.packet(make_endpoint("10.0.0.1", 30002), 30004, no_rtp));
    BOOST_TEST(script.statistics.drops[static_cast<std::size_t>(drop_reason::loop)].value() == 1u);
}

BOOST_AUTO_TEST_CASE(a_ring_is_cut_whatever_port_was_opened_last) {
    // Two sessions send to each other; the port that closes the ring comes after all addresses were
    // signalled.
    command_script script{local_addresses({make_local("127.0.0.1")})};
    script.take_ports_from_pool();
    script("U c 127.0.0.1 30004 f");
    script("L c 127.0.0.1 30006 f t");
    script("U d 127.0.0.1 30008 f");
    script("L d 127.0.0.1 30002 f t");
    BOOST_REQUIRE(script("Un c 0.0.0.0 0 f t") == "30008 127.0.0.1");
    BOOST_TEST(!script.packet(make_endpoint("127.0.0.1", 30006), 30008, make_rtp({})));
    BOOST_TEST(!script.packet(make_endpoint("127.0.0.1", 30004), 30002, make_rtp({})));
}

BOOST_AUTO_TEST_CASE(packets_for_a_session_that_is_over_have_a_reason_of_their_own) {
    command_script script;
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    script.manager.end_all(end_reason::deleted, script.now());
    BOOST_TEST(!script.packet(callees_phone, 30000, make_rtp({})));
    BOOST_TEST(script.statistics.drops[static_cast<std::size_t>(drop_reason::session_over)].value() == 1u);
}

// Timeouts.
