#define BOOST_TEST_MODULE guarded_latch
#include "support/guarded_party.hpp"

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(opening)

BOOST_AUTO_TEST_CASE(signalled_address_is_sent_to_before_it_is_heard) {
    guarded_leg leg;
    BOOST_TEST(leg.remote() == endpoint{});
    leg.signalled(phone);
    BOOST_TEST(leg.remote() == phone);
    BOOST_TEST(leg.rtcp_remote() == at("192.0.2.1", 4001));
    BOOST_TEST(leg.source() == endpoint{});
}

BOOST_AUTO_TEST_CASE(first_packet_from_the_signalled_address_locks) {
    guarded_leg leg;
    rtp_stream voice;
    leg.signalled(phone);
    BOOST_TEST(leg.talk(phone, voice, 1).accepted == 1);
    BOOST_TEST(leg.source() == phone);
}

BOOST_AUTO_TEST_CASE(another_port_of_the_signalled_host_is_believed_at_the_third_packet) {
    guarded_leg leg;
    rtp_stream voice;
    leg.signalled(phone);
    const auto begin = leg.talk(nat_port, voice, 10);
    BOOST_TEST(begin.refused == 2);
    BOOST_TEST(begin.last_refusal == drop_reason::on_trial);
    BOOST_TEST(begin.learned);
    BOOST_TEST(leg.remote() == nat_port);
    BOOST_TEST(leg.rtcp_remote() == at("192.0.2.1", 4001));  // on that host already
}

BOOST_AUTO_TEST_CASE(private_address_gives_way_to_another_host_at_the_fifth_packet) {
    for (const auto* host :
         {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.254",
          "169.254.1.1", "fd00::1", "fc00::1", "fe80::1", "::ffff:10.0.0.1"}) {
        BOOST_TEST_CONTEXT(host) {
            guarded_leg leg;
            rtp_stream voice;
            leg.signalled(at(host, 4000));
            const auto begin = leg.talk(nat_port, voice, 10);
            BOOST_TEST(begin.refused == 4);
            BOOST_TEST(leg.remote() == nat_port);
            BOOST_TEST(leg.rtcp_remote() == at("192.0.2.1", 61001));
        }
    }
}

BOOST_AUTO_TEST_CASE(public_address_does_not_give_way_to_less_than_a_stream_of_400_ms) {
    for (const auto* host : {"192.0.2.1", "172.32.0.1", "172.15.0.1", "100.128.0.1", "127.0.0.1", "::1",
                             "2001:db8::1", "192.169.0.1", "11.0.0.1", "::ffff:192.0.2.1"}) {
        BOOST_TEST_CONTEXT(host) {
            guarded_leg leg;
            rtp_stream forged;
            leg.signalled(at(host, 4000));
            const auto raid = leg.talk(attacker, forged, 20);
            BOOST_TEST(raid.accepted == 0);
            BOOST_TEST(raid.last_refusal == drop_reason::foreign_host);
            leg.wait(130ms);
            BOOST_TEST(leg.talk(attacker, forged, 10'000, 30us).accepted == 0);  // a burst
            leg.wait(130ms);
            BOOST_TEST(leg.talk(attacker, forged, 100, 130ms).accepted == 0);  // too slow
            BOOST_TEST(leg.remote() == at(host, 4000));
        }
    }
}

BOOST_AUTO_TEST_CASE(media_server_that_nobody_signalled_is_heard_after_400_ms) {
    for (const auto frame : {10ms, 20ms, 30ms}) {
        BOOST_TEST_CONTEXT(frame.count() << " ms") {
            guarded_leg leg;
            rtp_stream voice;
            leg.signalled(phone);
            const auto begin = leg.talk(media_server, voice, 200, frame);
            BOOST_TEST(begin.refused * frame <= 600ms);
            BOOST_TEST(begin.refused >= 20);
            BOOST_TEST(leg.remote() == media_server);

            // The signalled address is still believed more.
            rtp_stream late;
            late.ssrc = 7;
            BOOST_TEST(leg.talk(phone, late, 1).accepted == 1);
            BOOST_TEST(leg.remote() == phone);
            BOOST_TEST(leg.talk(media_server, voice, 500).accepted == 0);
        }
    }
}

// As of somebody who tries what he can, or while others try.
BOOST_AUTO_TEST_CASE(stream_among_others_has_to_wait_until_a_public_address_has_been_silent_for_long) {
    for (const auto& other_source : {attacker, at("203.0.113.67", 9000)}) {
        guarded_leg leg;
        rtp_stream forged;
        leg.signalled(phone);
        int refused = 0;
        for (int i = 0; i < 400 && leg.talk(attacker, forged, 1).accepted == 0; ++i, ++refused) {
            rtp_stream guess{.ssrc = 1000U + static_cast<unsigned>(i)};
            BOOST_TEST(leg.talk(other_source, guess, 1, 0ms).accepted == 0);
        }
        BOOST_TEST(refused >= 150);  // 3 s
        BOOST_TEST(refused <= 152);
    }
}

BOOST_AUTO_TEST_CASE(host_that_something_vouches_for_is_heard_at_the_fifth_packet) {
    const auto carriers = std::make_shared<network_list>(*network_list::parse("198.51.100.96/27"));
    const vouched_hosts listed{.carriers = carriers, .of_signalled_host = {}};
    const vouched_hosts served{.carriers = nullptr, .of_signalled_host = {media_server.address()}};
    for (const auto& vouched : {listed, served}) {
        guarded_leg leg;
        leg.vouched = &vouched;
        rtp_stream voice, forged{.ssrc = 2};
        leg.signalled(phone);
        BOOST_TEST(leg.talk(attacker, forged, 4).accepted == 0);
        leg.wait(200ms);
        BOOST_TEST(leg.talk(media_server, voice, 50).refused == 4);
        BOOST_TEST(leg.remote() == media_server);
        BOOST_TEST(leg.talk(phone, forged, 1).accepted == 1);  // the signalled address is still believed more
    }
}

BOOST_AUTO_TEST_CASE(another_port_of_the_signalled_host_displaces_a_foreign_one) {
    guarded_leg leg;
    rtp_stream forged, voice{.ssrc = 7};
    leg.signalled(phone);
    leg.talk(attacker, forged, 200);
    BOOST_REQUIRE(leg.remote() == attacker);
    BOOST_TEST(leg.talk(nat_port, voice, 5).refused == 2);
    BOOST_TEST(leg.remote() == nat_port);
    BOOST_TEST(leg.talk(attacker, forged, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(any_packet_of_the_signalled_host_keeps_others_out) {
    guarded_leg leg;
    rtp_stream forged, voice{.ssrc = 7};
    leg.teaching.rtp_only = true;
    leg.signalled(phone);
    for (int second = 0; second < 20; ++second) {
        BOOST_TEST(!leg.rtp_from(nat_port, fax_packet).accepted);
        BOOST_TEST(leg.talk(attacker, forged, 50).accepted == 0);
    }
    BOOST_TEST(leg.talk(nat_port, voice, 3).accepted == 1);
}

BOOST_AUTO_TEST_CASE(party_that_signalled_nothing_is_learned_at_the_fifth_packet) {
    guarded_leg leg;
    rtp_stream voice;
    BOOST_TEST(leg.talk(mobile, voice, 10).refused == 4);
    BOOST_TEST(leg.remote() == mobile);
    BOOST_TEST(leg.rtcp_remote() == at("198.51.100.7", 6001));
    rtp_stream forged{.ssrc = 9};
    BOOST_TEST(leg.talk(attacker, forged, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(ssrc_0_is_an_ssrc) {
    guarded_leg leg;
    rtp_stream voice{.ssrc = 0};
    leg.signalled(phone);
    BOOST_TEST(leg.talk(nat_port, voice, 5).accepted == 3);
    rtp_stream forged{.ssrc = 0, .sequence_number = 40000};
    BOOST_TEST(leg.talk(attacker, forged, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(both_parties_behind_one_nat) {
    guarded_leg caller, callee;
    rtp_stream one, two{.ssrc = 2};
    caller.signalled(at("192.168.1.5", 4000));
    callee.signalled(at("192.168.1.6", 4000));
    BOOST_TEST(caller.talk(nat_port, one, 10).accepted == 6);
    BOOST_TEST(callee.talk(new_nat_port, two, 10).accepted == 6);
    BOOST_TEST(caller.remote() == nat_port);
    BOOST_TEST(callee.remote() == new_nat_port);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(trials)

BOOST_AUTO_TEST_CASE(a_burst_is_no_stream_of_another_host) {
    guarded_leg leg;
    rtp_stream forged;
    leg.signalled(private_address);
    const auto burst = leg.talk(attacker, forged, 1000, 50us);
    BOOST_TEST(burst.accepted == 0);
}

BOOST_AUTO_TEST_CASE(sparse_packets_are_no_stream) {
    guarded_leg leg;
    rtp_stream forged;
    leg.signalled(private_address);
    BOOST_TEST(leg.talk(attacker, forged, 200, 1200ms).accepted == 0);
}

BOOST_AUTO_TEST_CASE(sparse_packets_of_a_lone_source_pass_by_their_number_over_a_longer_time) {
    for (const auto interval : {130ms, 320ms, 500ms, 1000ms}) {
        BOOST_TEST_CONTEXT(interval.count() << " ms") {
            guarded_leg leg;
            leg.signalled(private_address);
            rtp_stream pinhole;
            const auto begin = leg.talk(nat_port, pinhole, 20, interval);
            const auto expected = std::max<long>(3, (1000ms + interval - 1ms) / interval);
            BOOST_TEST(begin.refused == expected);
            BOOST_TEST(leg.remote() == nat_port);
        }
    }
}

BOOST_AUTO_TEST_CASE(sparse_packets_pass_no_trial_beside_those_of_another_host) {
    guarded_leg leg;
    leg.signalled(private_address);
    rtp_stream one, two{.ssrc = 2};
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(leg.talk(nat_port, one, 1, 100ms).accepted == 0);
        BOOST_TEST(leg.talk(attacker, two, 1, 100ms).accepted == 0);
    }
    // A stream does.
    BOOST_TEST(leg.talk(nat_port, one, 20).refused <= 10);
}

BOOST_AUTO_TEST_CASE(party_that_opened_its_nat_slowly_and_then_speaks_waits_no_longer_for_that) {
    guarded_leg leg;
    leg.signalled(private_address);
    rtp_stream voice;
    leg.talk(nat_port, voice, 2, 320ms);
    BOOST_TEST(leg.talk(nat_port, voice, 20).refused <= 5);
}

BOOST_AUTO_TEST_CASE(loss_and_reordering_do_not_fail_a_trial) {
    guarded_leg leg;
    leg.signalled(phone);
    rtp_stream voice;
    const auto first = voice.next();
    const auto second = voice.next();
    voice.lose(400ms);
    const auto third = voice.next();
    BOOST_TEST(!leg.rtp_from(nat_port, first).accepted);
    BOOST_TEST(!leg.rtp_from(nat_port, third).accepted);
    BOOST_TEST(!leg.rtp_from(nat_port, second).accepted);  // late: does not count
    BOOST_TEST(!leg.rtp_from(nat_port, third).accepted);   // twice: does not count
    BOOST_TEST(leg.rtp_from(nat_port, voice.next()).accepted);
}

BOOST_AUTO_TEST_CASE(packets_that_do_not_follow_each_other_fail_a_trial) {
    const auto fails = [](auto next) {
        guarded_leg leg;
        leg.signalled(phone);
        for (unsigned i = 0; i < 300; ++i, leg.wait(1ms))
            if (leg.rtp_from(nat_port, make_rtp(next(i))).accepted) return false;
        return true;
    };
    BOOST_TEST(!fails([](unsigned i) { return rtp_fields{1, std::uint16_t(i), i * 160, 0, 20}; }));
    BOOST_TEST(fails([](unsigned) { return rtp_fields{1, 7, 160, 0, 20}; }));
    BOOST_TEST(fails([](unsigned i) { return rtp_fields{i, std::uint16_t(i), i * 160, 0, 20}; }));
    BOOST_TEST(fails([](unsigned i) { return rtp_fields{1, std::uint16_t(i * 7919), i * 160, 0, 20}; }));
    BOOST_TEST(fails([](unsigned i) { return rtp_fields{1, std::uint16_t(i), 1000000 - i * 160, 0, 20}; }));
}

BOOST_AUTO_TEST_CASE(another_port_of_the_signalled_host_may_send_seldom) {
    guarded_leg leg;
    leg.signalled(phone);
    rtp_stream keepalive;
    const auto begin = leg.talk(nat_port, keepalive, 5, 15s);  // RFC 6263 §4.6
    BOOST_TEST(begin.refused == 2);
    BOOST_TEST(leg.remote() == nat_port);
}

BOOST_AUTO_TEST_CASE(video_in_decoding_order_passes_a_trial) {
    guarded_leg leg;
    leg.signalled(private_address);
    int refused = 0;
    const std::array<std::uint32_t, 3> order{3, 1, 2};  // a frame, then two shown before it
    for (std::uint16_t i = 0; i < 30; ++i, leg.wait(33ms)) {
        const std::uint32_t shown = i / 3 * 3 + order[i % 3];
        refused += !leg.rtp_from(nat_port, make_rtp({1, i, shown * 3000, 96, 500})).accepted;
    }
    BOOST_TEST(leg.remote() == nat_port);
    BOOST_TEST(refused <= 12);
}

// Each guess would renew the hold of its source on the trial, if it could.
BOOST_AUTO_TEST_CASE(guesses_do_not_keep_the_party_from_its_trial) {
    guarded_leg leg;
    leg.signalled(private_address);
    int refused = 0;
    for (std::uint16_t i = 0; i < 30; ++i, leg.wait(10ms)) {
        const std::uint32_t random = i * 2654435761U;
        static_cast<void>(
            leg.rtp_from(attacker, make_rtp({random, static_cast<std::uint16_t>(random >> 16), random})));
        leg.wait(10ms);
        refused += !leg.rtp_from(nat_port, make_rtp({1, i, i * 160U})).accepted;
    }
    BOOST_TEST(leg.remote() == nat_port);
    BOOST_TEST(refused <= 12);
}

BOOST_AUTO_TEST_CASE(packets_of_one_frame_have_one_timestamp) {
    guarded_leg leg;
    leg.signalled(phone);
    for (std::uint16_t i = 0; i < 3; ++i)
        BOOST_TEST(leg.rtp_from(nat_port, make_rtp({1, i, 3000, 96, 500})).accepted == (i == 2));
}

BOOST_AUTO_TEST_CASE(digits_sent_along_with_audio_do_not_fail_a_trial) {
    guarded_leg leg;
    leg.signalled(private_address);
    int refused = 0;
    // RFC 4733 §2.5.1.1: the packets of an event have the timestamp of its beginning.
    for (std::uint16_t i = 0; i < 40; ++i, leg.wait(10ms)) {
        const std::uint32_t timestamp = i % 2 == 0 ? 8000u + i * 80u : 8000u;
        refused += !leg.rtp_from(nat_port, make_rtp({1, i, timestamp, 0, 20})).accepted;
    }
    BOOST_TEST(leg.remote() == nat_port);
    BOOST_TEST(refused <= 9);
}

BOOST_AUTO_TEST_CASE(streams_that_share_a_port_do_not_fail_a_trial) {
    guarded_leg leg;
    leg.signalled(private_address);
    rtp_stream voice, other{.ssrc = 2};
    int refused = 0;
    for (int i = 0; i < 40; ++i) {
        refused += leg.talk(nat_port, voice, 1, 5ms).refused;
        refused += leg.talk(nat_port, other, 2, 5ms).refused;
    }
    BOOST_TEST(leg.remote() == nat_port);
    BOOST_TEST(refused <= 30);
}

BOOST_AUTO_TEST_CASE(long_frames_pass_a_trial) {
    for (const auto frame : {10ms, 40ms, 60ms, 100ms}) {
        BOOST_TEST_CONTEXT(frame.count() << " ms") {
            guarded_leg leg;
            leg.signalled(private_address);
            rtp_stream voice{.sequence_number = 65533, .timestamp = 0xffffffff};
            const auto most = frame < 20ms ? 7 : 4;  // 60 ms or 5 packets
            BOOST_TEST(leg.talk(nat_port, voice, 10, frame).refused <= most);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_source_on_trial_is_not_disturbed) {
    guarded_leg leg;
    rtp_stream voice;
    leg.signalled(private_address);
    for (unsigned i = 0; i < 5; ++i) {
        leg.rtp_from(mobile, voice.next());
        for (unsigned port = 1; port < 100; ++port) {
            BOOST_TEST(
                !leg.rtp_from(at("203.0.113.66", port + 100 * i), make_rtp({port, 1, 1, 0, 20})).accepted);
            leg.wait(200us);
        }
    }
    BOOST_TEST(leg.remote() == mobile);
}

BOOST_AUTO_TEST_CASE(known_host_does_not_wait_for_others_on_trial) {
    guarded_leg leg;
    rtp_stream forged, voice{.ssrc = 7};
    leg.signalled(private_address);
    leg.talk(attacker, forged, 3);
    const endpoint lan_port = at("192.168.1.5", 5000);
    BOOST_TEST(leg.talk(lan_port, voice, 4).accepted == 2);
    BOOST_TEST(leg.remote() == lan_port);
}

BOOST_AUTO_TEST_CASE(only_signalled_payload_types_teach) {
    guarded_leg leg;
    leg.teaching = {};
    leg.teaching.add("0,8,101,not,300,");
    leg.teaching.rtp_only = true;
    BOOST_TEST(leg.teaching.payload_types.count() == 3);
    leg.signalled(phone);
    rtp_stream other{.payload_type = 96}, voice{.ssrc = 2, .payload_type = 8};
    const auto raid = leg.talk(nat_port, other, 50);
    BOOST_TEST(raid.accepted == 0);
    BOOST_TEST(raid.last_refusal == drop_reason::payload_type);
    BOOST_TEST(leg.talk(nat_port, voice, 3).accepted == 1);
    BOOST_TEST(leg.talk(nat_port, other, 3).accepted == 3);  // from the latched source anything goes
}

BOOST_AUTO_TEST_CASE(comfort_noise_belongs_to_every_call) {
    guarded_leg leg;
    leg.teaching.add("18,0,101");
    leg.teaching.rtp_only = true;
    leg.signalled(private_address);
    rtp_stream voice{.payload_type = 13};
    int refused = 0;
    for (const unsigned payload_type : {13U, 13U, 101U, 0U, 0U, 0U}) {
        voice.payload_type = static_cast<std::uint8_t>(payload_type);
        refused += leg.talk(nat_port, voice, 1).refused;
    }
    BOOST_TEST(refused == 4);
    BOOST_TEST(leg.remote() == nat_port);
}

// Events have the timestamp of their beginning, and some phones count time anew for each codec.
BOOST_AUTO_TEST_CASE(timestamps_may_begin_anew_with_another_payload_type) {
    guarded_leg leg;
    leg.signalled(private_address);
    int refused = 0;
    for (std::uint16_t i = 0; i < 10; ++i, leg.wait(20ms)) {
        const bool event = i < 3;
        const auto packet = make_rtp(
            {1, i, event ? 80'000'000U : 8000U + i * 160U, static_cast<std::uint8_t>(event ? 101 : 8), 20});
        refused += !leg.rtp_from(nat_port, packet).accepted;
    }
    BOOST_TEST(refused == 4);
}

BOOST_AUTO_TEST_CASE(what_is_no_rtp_teaches_nothing_to_a_stream_of_rtp) {
    for (const auto& content : {fax_packet, rtcp_packet, octets({'z', 'z', ' ', 'X'}), {}}) {
        guarded_leg leg;
        leg.teaching.rtp_only = true;
        leg.signalled(phone);
        for (int i = 0; i < 50; ++i, leg.wait(20ms)) {
            const auto outcome = leg.rtp_from(nat_port, content);
            BOOST_TEST(!outcome.accepted);
            BOOST_TEST(outcome.refusal == drop_reason::not_rtp);
        }
        BOOST_TEST(leg.rtp_from(phone, content).accepted);
        BOOST_TEST(leg.source() == endpoint{});
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(handshakes)

/// A leg of a call whose media is RTP by signalling, and STUN or DTLS sent to it.
struct rtp_call {
    guarded_leg leg;

    explicit rtp_call(const endpoint& signalled) {
        leg.teaching.rtp_only = true;
        leg.signalled(signalled);
    }
    passage send(const endpoint& source, const std::vector<std::byte>& content, int packets,
                 duration interval) {
        passage result;
        for (int i = 0; i < packets; ++i, leg.wait(interval)) {
            const auto outcome = leg.rtp_from(source, content);
            ++(outcome.accepted ? result.accepted : result.refused);
        }
        return result;
    }
};

BOOST_AUTO_TEST_CASE(stun_and_dtls_of_a_party_behind_nat_try_out_as_rtp_does) {
    for (const auto& content : {stun_packet, dtls_packet}) {
        rtp_call steady{private_address};
        BOOST_TEST(steady.send(nat_port, content, 10, 20ms).refused == 4);
        BOOST_TEST(steady.leg.remote() == nat_port);

        rtp_call repeated{private_address};  // a request sent again (RFC 8489 §6.2.1, RFC 6347 §4.2.4.1)
        BOOST_TEST(repeated.send(nat_port, content, 10, 500ms).refused == 3);
        BOOST_TEST(repeated.leg.remote() == nat_port);

        rtp_call other_port{phone};
        BOOST_TEST(other_port.send(nat_port, content, 10, 500ms).refused == 2);
        BOOST_TEST(other_port.leg.remote() == nat_port);
    }
}

BOOST_AUTO_TEST_CASE(media_after_a_handshake_comes_through_whole) {
    rtp_call call{private_address};
    call.send(nat_port, stun_packet, 5, 50ms);
    call.send(nat_port, dtls_packet, 5, 50ms);
    BOOST_REQUIRE(call.leg.source() == nat_port);
    rtp_stream voice;
    BOOST_TEST(call.leg.talk(nat_port, voice, 50).accepted == 50);
    rtp_stream forged{.ssrc = 2};
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
    BOOST_TEST(call.send(attacker, stun_packet, 500, 20ms).accepted == 0);
}

BOOST_AUTO_TEST_CASE(handshake_from_where_the_party_said_it_is_is_relayed_at_once) {
    for (const auto& content : {stun_packet, dtls_packet}) {
        rtp_call call{phone};
        BOOST_TEST(call.send(phone, content, 5, 20ms).accepted == 5);
        BOOST_TEST(call.leg.source() == endpoint{});
        BOOST_TEST(call.send(attacker, content, 500, 20ms).accepted == 0);
        rtp_stream voice;
        BOOST_TEST(call.leg.talk(nat_port, voice, 3).accepted == 1);
    }
}

BOOST_AUTO_TEST_CASE(nothing_but_rtp_comes_from_a_public_host_that_nobody_signalled) {
    rtp_call call{phone};
    BOOST_TEST(call.send(attacker, stun_packet, 1000, 20ms).accepted == 0);
    BOOST_TEST(call.send(attacker, dtls_packet, 1000, 20ms).accepted == 0);
    BOOST_TEST(call.leg.remote() == phone);
}

BOOST_AUTO_TEST_CASE(handshake_of_a_party_with_a_public_address_makes_it_no_easier_for_others) {
    rtp_call call{phone};
    call.send(nat_port, stun_packet, 3, 50ms);
    BOOST_REQUIRE(call.leg.source() == nat_port);
    call.leg.wait(450ms);
    rtp_stream forged{.ssrc = 6};
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
}

// Who sends STUN first holds the leg no longer than until there is media.
BOOST_AUTO_TEST_CASE(handshake_does_not_keep_media_of_another_source_out) {
    rtp_call other_port{private_address};
    other_port.send(nat_port, stun_packet, 10, 20ms);
    BOOST_REQUIRE(other_port.leg.source() == nat_port);
    rtp_stream voice;
    BOOST_TEST(other_port.leg.talk(new_nat_port, voice, 10).refused == 2);

    rtp_call other_host{private_address};
    other_host.send(attacker, stun_packet, 10, 20ms);
    BOOST_REQUIRE(other_host.leg.source() == attacker);
    BOOST_TEST(other_host.leg.talk(nat_port, voice, 50).refused <= 22);
    BOOST_TEST(other_host.leg.remote() == nat_port);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(trials_without_rtp)

BOOST_AUTO_TEST_CASE(fax_is_learned_where_no_rtp_was_signalled) {
    guarded_leg leg;
    leg.signalled(phone);
    BOOST_TEST(!leg.rtp_from(nat_port, fax_packet).accepted);
    BOOST_TEST(!leg.rtp_from(nat_port, fax_packet).accepted);
    BOOST_TEST(leg.rtp_from(nat_port, fax_packet).accepted);
    BOOST_TEST(!leg.rtp_from(attacker, fax_packet).accepted);

    guarded_leg strangers;
    strangers.signalled(phone);
    for (int i = 0; i < 1000; ++i, strangers.wait(20ms))
        BOOST_TEST(!strangers.rtp_from(attacker, fax_packet).accepted);
}

BOOST_AUTO_TEST_SUITE_END()
