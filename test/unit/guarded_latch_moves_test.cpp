#define BOOST_TEST_MODULE guarded_latch_moves
#include "support/guarded_party.hpp"

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(locked)

BOOST_AUTO_TEST_CASE(third_party_is_refused_whatever_it_sends) {
    established call;
    rtp_stream own{.ssrc = 666}, guessed{.ssrc = call.voice.ssrc, .sequence_number = 30000};
    BOOST_TEST(call.leg.talk(attacker, own, 100, 1ms).last_refusal == drop_reason::other_stream);
    for (int i = 0; i < 200; ++i) {
        BOOST_TEST(call.leg.talk(attacker, own, 5, 1ms).accepted == 0);
        BOOST_TEST(call.leg.talk(attacker, guessed, 5, 1ms).accepted == 0);
        auto sniffed = copy_of(call.voice);
        BOOST_TEST(call.leg.talk(attacker, sniffed, 5, 1ms).accepted == 0);
        BOOST_TEST(call.leg.talk(nat_port, sniffed, 5, 1ms).last_refusal == drop_reason::moved_too_early);
        BOOST_TEST(!call.leg.rtp_from(attacker, stun_packet).accepted);
        BOOST_TEST(call.leg.talk(phone, call.voice, 1, 0ms).accepted == 1);
    }
    BOOST_TEST(call.leg.remote() == phone);
}

BOOST_AUTO_TEST_CASE(latched_source_may_send_anything) {
    established call;
    rtp_stream other{.ssrc = 99, .sequence_number = 60000, .payload_type = 127};
    BOOST_TEST(call.leg.talk(phone, other, 3).accepted == 3);
    call.voice.lose(100s);
    BOOST_TEST(call.leg.talk(phone, call.voice, 3).accepted == 3);
    for (const auto& content : {stun_packet, dtls_packet, fax_packet, rtcp_packet, {}})
        BOOST_TEST(call.leg.rtp_from(phone, content).accepted);
}

BOOST_AUTO_TEST_CASE(rebound_nat_is_followed_after_a_quarter_of_a_second) {
    established call{phone, nat_port};
    const auto rebound = call.leg.talk(new_nat_port, call.voice, 50);
    BOOST_TEST(rebound.refused >= 12);
    BOOST_TEST(rebound.refused <= 15);  // 250 ms and two packets of the trial
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_CASE(rebound_nat_is_followed_while_another_host_forges_the_stream) {
    established call{phone, nat_port};
    int refused = 0;
    for (int i = 0; i < 50; ++i) {
        refused += call.leg.talk(new_nat_port, call.voice, 1, 10ms).refused;
        auto forged = copy_of(call.voice);
        BOOST_TEST(call.leg.talk(attacker, forged, 1, 10ms).accepted == 0);
    }
    BOOST_TEST(refused <= 15);
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_CASE(party_on_another_network_is_followed_after_400_ms) {
    for (const auto lost : {0ms, 500ms, 3000ms, 20000ms}) {
        BOOST_TEST_CONTEXT(lost.count() << " ms lost") {
            established call;
            call.leg.wait(lost);
            call.voice.lose(lost);
            const auto moved = call.leg.talk(mobile, call.voice, 100);
            BOOST_TEST(moved.refused <= (lost < 400ms ? 20 : 2));
            BOOST_TEST(call.leg.remote() == mobile);
            BOOST_TEST(call.leg.rtcp_remote() == at("198.51.100.7", 6001));
            BOOST_TEST(call.leg.talk(mobile, call.voice, 100).refused == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(party_behind_nat_on_another_network_is_followed_after_400_ms) {
    established call{private_address, nat_port};
    BOOST_TEST(call.leg.talk(mobile, call.voice, 100).refused <= 21);
    BOOST_TEST(call.leg.remote() == mobile);
}

// Late packets of the old source begin its silence anew, and the trial with it.
BOOST_AUTO_TEST_CASE(party_that_still_sends_from_its_old_place_has_not_moved) {
    established call;
    for (int i = 0; i < 30; ++i) {
        auto copied = copy_of(call.voice);
        BOOST_TEST(call.leg.talk(attacker, copied, 15).accepted == 0);
        call.voice.pause(300ms);
        BOOST_TEST(call.leg.talk(phone, call.voice, 1, 0ms).accepted == 1);
    }
}

BOOST_AUTO_TEST_CASE(party_that_suppresses_silence_is_given_a_second) {
    established call;
    call.leg.wait(2s);
    call.voice.pause(2s);
    BOOST_REQUIRE(call.leg.talk(phone, call.voice, 5).accepted == 5);
    auto sniffed = copy_of(call.voice);
    const auto raid = call.leg.talk(attacker, sniffed, 100);
    BOOST_TEST(raid.refused >= 49);

    established stalled;  // no packet for 2 s, but none left out either: a sender that stood still
    stalled.leg.wait(2s);
    BOOST_REQUIRE(stalled.leg.talk(phone, stalled.voice, 5).accepted == 5);
    BOOST_TEST(stalled.leg.talk(mobile, stalled.voice, 100).refused <= 21);
}

BOOST_AUTO_TEST_CASE(party_may_move_again_and_come_back) {
    established call;
    call.leg.talk(mobile, call.voice, 100);
    BOOST_REQUIRE(call.leg.remote() == mobile);
    BOOST_TEST(call.leg.talk(phone, call.voice, 10).accepted == 10);  // signalled: believed
    call.leg.talk(mobile, call.voice, 100);
    BOOST_TEST(call.leg.remote() == mobile);
    call.leg.talk(media_server, call.voice, 100);
    BOOST_TEST(call.leg.remote() == media_server);
}

BOOST_AUTO_TEST_CASE(ssrc_alone_is_no_proof_in_a_pause) {
    established call;
    call.leg.wait(60s);
    // Every sequence number in order, fast: but the timestamps are guessed.
    rtp_stream sweep{.ssrc = call.voice.ssrc, .sequence_number = 0, .timestamp = 0x80000000};
    for (int i = 0; i < 70'000; ++i, call.leg.wait(100us))
        BOOST_REQUIRE(!call.leg.rtp_from(attacker, sweep.next()).accepted);
    call.voice.pause(67s);
    BOOST_TEST(call.leg.talk(phone, call.voice, 5).accepted == 5);
}

BOOST_AUTO_TEST_CASE(pause_keeps_the_lock) {
    established call;
    rtp_stream other{.ssrc = 5};
    call.leg.wait(10min);
    BOOST_TEST(call.leg.talk(attacker, other, 1000).accepted == 0);
    BOOST_TEST(call.leg.talk(nat_port, other, 1000).accepted == 0);
    call.voice.pause(11min);
    BOOST_TEST(call.leg.talk(phone, call.voice, 5).accepted == 5);
}

BOOST_AUTO_TEST_CASE(nat_that_forgot_in_a_pause_is_followed) {
    established call{private_address, nat_port};
    call.leg.wait(5min);
    call.voice.pause(5min);
    BOOST_TEST(call.leg.talk(new_nat_port, call.voice, 10).refused == 2);
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_CASE(who_listened_and_used_a_pause_loses_the_leg_when_the_party_goes_on) {
    established call{private_address, nat_port};
    auto sniffed = copy_of(call.voice);
    const auto taken = call.leg.talk(attacker, sniffed, 500);  // the party says nothing for 10 s
    BOOST_TEST(taken.refused >= 20);
    BOOST_REQUIRE(call.leg.remote() == attacker);

    call.voice.pause(10s);
    BOOST_TEST(call.leg.talk(nat_port, call.voice, 10).refused == 2);
    BOOST_TEST(call.leg.remote() == nat_port);
    for (int i = 0; i < 200; ++i) {
        BOOST_TEST(call.leg.talk(attacker, sniffed, 5, 2ms).accepted == 0);
        BOOST_TEST(call.leg.talk(nat_port, call.voice, 1, 10ms).accepted == 1);
    }
}

BOOST_AUTO_TEST_CASE(replayed_packets_move_nothing) {
    established call;
    const auto old = copy_of(call.voice);
    call.leg.talk(phone, call.voice, 200);
    call.leg.wait(2s);
    auto replayed = old;
    BOOST_TEST(call.leg.talk(attacker, replayed, 200, 1ms).accepted == 0);
}

BOOST_AUTO_TEST_CASE(who_was_displaced_by_the_party_gains_nothing_by_copying_its_stream) {
    for (const auto& home : {phone, nat_port}) {
        guarded_leg leg;
        rtp_stream forged, voice{.ssrc = 7};
        leg.signalled(phone);
        leg.talk(attacker, forged, 200);
        BOOST_REQUIRE(leg.source() == attacker);
        leg.talk(home, voice, 3);
        BOOST_REQUIRE(leg.source() == home);
        for (int i = 0; i < 100; ++i) {
            auto sniffed = copy_of(voice);
            BOOST_TEST(leg.talk(attacker, sniffed, 5, 1ms).accepted == 0);
            BOOST_TEST(leg.talk(home, voice, 1).accepted == 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(who_holds_the_leg_of_a_silent_party_does_not_become_it_by_changing_ports) {
    guarded_leg leg;
    rtp_stream forged, voice{.ssrc = 7};
    leg.signalled(phone);
    leg.talk(attacker, forged, 200);
    leg.talk(at("203.0.113.66", 9002), forged, 50);
    BOOST_REQUIRE(leg.source() == at("203.0.113.66", 9002));
    BOOST_TEST(leg.talk(nat_port, voice, 5).refused == 2);
    BOOST_TEST(leg.remote() == nat_port);
}

BOOST_AUTO_TEST_CASE(who_used_a_pause_does_not_keep_the_leg_by_changing_ports) {
    established call{private_address, nat_port};
    auto sniffed = copy_of(call.voice);
    call.leg.talk(attacker, sniffed, 100);
    call.leg.talk(at("203.0.113.66", 9002), sniffed, 50);
    BOOST_REQUIRE(call.leg.source() == at("203.0.113.66", 9002));
    call.voice.pause(3s);
    BOOST_TEST(call.leg.talk(nat_port, call.voice, 10).refused == 2);
    BOOST_TEST(call.leg.remote() == nat_port);
}

BOOST_AUTO_TEST_CASE(muted_party_is_followed_when_its_nat_forgets) {
    established call{private_address, nat_port};
    // Comfort noise once in a while (RFC 3389).
    const auto rest = [&] {
        call.leg.wait(380ms);
        call.voice.pause(380ms);
    };
    for (int i = 0; i < 5; ++i, rest())
        BOOST_TEST(call.leg.talk(nat_port, call.voice, 1).accepted == 1);
    int refused = 0;
    for (int i = 0; i < 5; ++i, rest())
        refused += call.leg.talk(new_nat_port, call.voice, 1).refused;
    BOOST_TEST(refused == 2);
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_CASE(ssrc_alone_is_no_proof_in_a_pause_whatever_is_tried_with_it) {
    established call;
    call.leg.wait(60s);
    // Triples that follow each other, over the whole range of both numbers; the right ones come last.
    int accepted = 0;
    constexpr std::uint64_t all = 1ULL << 32, step = 5'000'000;
    for (std::uint64_t ahead = 2 * step; ahead < all + step; ahead += step)
        for (unsigned sequence_number = 0; sequence_number < 65536; sequence_number += 2900) {
            rtp_stream guess{.ssrc = call.voice.ssrc};
            guess.sequence_number = static_cast<std::uint16_t>(sequence_number);
            guess.timestamp = static_cast<std::uint32_t>(call.voice.timestamp + ahead);
            accepted += call.leg.talk(attacker, guess, 3, 10us).accepted;
        }
    BOOST_TEST(accepted == 0);
    call.voice.pause(60s);
    BOOST_TEST(call.leg.talk(phone, call.voice, 5).accepted == 5);
    BOOST_TEST(call.leg.talk(mobile, call.voice, 100).refused <= 53);  // it may still move; it does pause
}

BOOST_AUTO_TEST_CASE(guesses_of_others_do_not_keep_a_rebound_nat_out) {
    established call{phone, nat_port};
    int refused = 0;
    for (int i = 0; i < 50; ++i) {
        refused += call.leg.talk(new_nat_port, call.voice, 1, 10ms).refused;
        rtp_stream guess{.ssrc = call.voice.ssrc, .sequence_number = 40000};
        BOOST_TEST(call.leg.talk(attacker, guess, 10, 1ms).accepted == 0);
    }
    BOOST_TEST(refused <= 15);
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(signalled_again)

BOOST_AUTO_TEST_CASE(new_address_is_obeyed_at_once) {
    established call;
    call.leg.signalled(mobile);
    BOOST_TEST(call.leg.remote() == mobile);
    BOOST_TEST(call.leg.rtcp_remote() == at("198.51.100.7", 6001));
    // What the old source has on its way is still heard, for 2 s; it is no longer sent to.
    BOOST_TEST(call.leg.talk(phone, call.voice, 5).accepted == 5);
    BOOST_TEST(call.leg.remote() == mobile);
    rtp_stream fresh{.ssrc = 4};
    BOOST_TEST(call.leg.talk(mobile, fresh, 5).accepted == 5);
    BOOST_TEST(call.leg.talk(phone, call.voice, 200).accepted == 0);
    BOOST_TEST(call.leg.source() == mobile);
}

BOOST_AUTO_TEST_CASE(old_source_is_heard_until_the_new_address_speaks) {
    established call;
    call.leg.signalled(mobile);
    // The party stays where it was, as after a transfer that failed: heard all the time, and hears, too.
    for (int i = 0; i < 400; ++i) {
        BOOST_TEST(call.leg.talk(phone, call.voice, 1, 0ms).accepted == 1);
        BOOST_TEST(call.leg.receives_at(phone));
        call.leg.wait(20ms);
    }
    BOOST_TEST(call.leg.source() == phone);
    rtp_stream forged{.ssrc = 6};
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
    // Then the new address is the one.
    rtp_stream fresh{.ssrc = 4};
    BOOST_TEST(call.leg.talk(mobile, fresh, 5).accepted == 5);
    BOOST_TEST(!call.leg.receives_at(phone));
    BOOST_TEST(call.leg.talk(phone, call.voice, 200).accepted == 0);
}

BOOST_AUTO_TEST_CASE(old_place_is_sent_to_while_it_is_heard_only) {
    established call;
    call.leg.signalled(mobile);
    BOOST_TEST(!call.leg.receives_at(phone));
    call.leg.talk(phone, call.voice, 3);
    BOOST_TEST(call.leg.receives_at(phone));
    BOOST_TEST(call.leg.receives_at(mobile));
    call.leg.wait(250ms);
    BOOST_TEST(!call.leg.receives_at(phone));
    BOOST_TEST(call.leg.receives_at(mobile));
}

BOOST_AUTO_TEST_CASE(new_stream_from_the_old_place_is_no_proof_that_the_party_stayed) {
    established call;
    call.leg.signalled(mobile);
    call.leg.wait(2100ms);
    rtp_stream other{.ssrc = 77};
    BOOST_TEST(call.leg.talk(phone, other, 10).accepted == 0);
}

BOOST_AUTO_TEST_CASE(two_new_addresses_in_a_row_do_not_make_the_old_source_forgotten) {
    established call;
    call.leg.signalled(mobile);
    call.leg.wait(20ms);
    call.leg.signalled(media_server);
    BOOST_TEST(call.leg.talk(phone, call.voice, 300).accepted == 300);
}

BOOST_AUTO_TEST_CASE(early_media_from_another_host_than_the_answer) {
    guarded_leg leg;
    rtp_stream early, voice{.ssrc = 2};
    leg.signalled(media_server);
    BOOST_TEST(leg.talk(media_server, early, 100).accepted == 100);
    leg.signalled(phone);
    BOOST_TEST(leg.remote() == phone);
    BOOST_TEST(leg.talk(phone, voice, 100).accepted == 100);
}

BOOST_AUTO_TEST_CASE(repeated_address_changes_nothing) {
    established call{private_address, nat_port};
    for (int i = 0; i < 10; ++i) {
        call.leg.signalled(private_address);
        BOOST_TEST(call.leg.remote() == nat_port);
        rtp_stream forged{.ssrc = 6};
        BOOST_TEST(call.leg.talk(attacker, forged, 10, 1ms).accepted == 0);
        BOOST_TEST(call.leg.talk(new_nat_port, forged, 10, 1ms).last_refusal == drop_reason::moved_too_early);
        BOOST_TEST(call.leg.talk(nat_port, call.voice, 2).accepted == 2);
    }
}

BOOST_AUTO_TEST_CASE(attacker_gains_nothing_by_hold_and_resume) {
    established call{private_address, nat_port};
    rtp_stream forged{.ssrc = 6};
    call.leg.signalled(private_address);  // hold, sendonly
    BOOST_TEST(call.leg.talk(attacker, forged, 3000).accepted == 0);
    call.leg.signalled(private_address);  // resume
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
    BOOST_TEST(call.leg.remote() == nat_port);
}

BOOST_AUTO_TEST_CASE(resumed_party_with_a_new_stream_and_nat_port_is_followed) {
    established call{private_address, nat_port};
    call.leg.wait(3min);
    call.leg.signalled(private_address);
    rtp_stream fresh{.ssrc = 0xf5e5};
    BOOST_TEST(call.leg.talk(new_nat_port, fresh, 10).refused == 2);
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_CASE(without_signalling_a_new_stream_elsewhere_is_not_followed) {
    established call{private_address, nat_port};
    call.leg.signalled(private_address);
    call.leg.wait(11s);
    rtp_stream fresh{.ssrc = 0xf5e5};
    BOOST_TEST(call.leg.talk(new_nat_port, fresh, 100).accepted == 0);
}

BOOST_AUTO_TEST_CASE(new_private_address_does_not_cut_off_a_party_behind_nat) {
    established call{private_address, nat_port};
    call.leg.signalled(at("192.168.1.5", 4002));
    BOOST_TEST(call.leg.remote() == nat_port);
    BOOST_TEST(call.leg.talk(nat_port, call.voice, 10).accepted == 10);

    rtp_stream fresh{.ssrc = 8};
    BOOST_TEST(call.leg.talk(new_nat_port, fresh, 10).refused == 2);
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_CASE(new_private_address_lets_no_other_host_in_while_the_nat_sends) {
    established call{private_address, nat_port};
    call.leg.signalled(at("192.168.1.5", 4002));
    rtp_stream forged{.ssrc = 6};
    for (int i = 0; i < 300; ++i) {
        BOOST_TEST(call.leg.talk(attacker, forged, 2, 5ms).accepted == 0);
        BOOST_TEST(call.leg.talk(nat_port, call.voice, 1, 10ms).accepted == 1);
    }
    BOOST_TEST(call.leg.source() == nat_port);  // it sends on: locked again
}

BOOST_AUTO_TEST_CASE(new_private_address_after_a_change_of_networks) {
    established call{private_address, nat_port};
    call.leg.signalled(at("10.99.0.1", 4000));
    rtp_stream fresh{.ssrc = 8};
    const auto begin = call.leg.talk(mobile, fresh, 300);
    BOOST_TEST(begin.refused <= 6);  // the controller has just said that the party moves
    BOOST_TEST(call.leg.remote() == mobile);

    established same_stream{private_address, nat_port};
    same_stream.leg.signalled(at("10.99.0.1", 4000));
    BOOST_TEST(same_stream.leg.talk(mobile, same_stream.voice, 100).refused <= 7);
}

BOOST_AUTO_TEST_CASE(change_of_networks_is_followed_when_it_is_signalled_a_little_earlier_or_later) {
    for (const bool new_stream : {false, true}) {
        for (const auto ahead : {1000ms, 3000ms, 9000ms}) {
            established early{private_address, nat_port};
            early.leg.signalled(at("10.99.0.1", 4000));
            early.leg.talk(nat_port, early.voice, static_cast<int>(ahead / 20ms));
            rtp_stream fresh{.ssrc = 8};
            BOOST_TEST(early.leg.talk(mobile, new_stream ? fresh : early.voice, 100).refused <= 12);
            BOOST_TEST(early.leg.remote() == mobile);
        }
        established late{private_address, nat_port};
        rtp_stream fresh{.ssrc = 8};
        auto& stream = new_stream ? fresh : late.voice;
        late.leg.talk(mobile, stream, 5);
        late.leg.signalled(at("10.99.0.1", 4000));
        BOOST_TEST(late.leg.talk(mobile, stream, 100).refused <= 6);
        BOOST_TEST(late.leg.remote() == mobile);
    }
}

BOOST_AUTO_TEST_CASE(change_to_a_private_address_of_another_network_is_followed_at_once) {
    for (const bool new_stream : {false, true}) {
        established call;
        call.leg.signalled(at("10.99.0.1", 4000));
        rtp_stream fresh{.ssrc = 8};
        BOOST_TEST(call.leg.talk(mobile, new_stream ? fresh : call.voice, 100).refused <= 7);
        BOOST_TEST(call.leg.remote() == mobile);
    }
}

// The party stayed; half an hour later the session is refreshed.
BOOST_AUTO_TEST_CASE(announcement_of_before_opens_nothing_at_a_refresh) {
    established call{private_address, nat_port};
    const endpoint changed = at("192.168.1.5", 4002);
    call.leg.signalled(changed);
    call.leg.talk(nat_port, call.voice, 200);
    call.leg.wait(30min);
    call.voice.pause(30min);
    call.leg.signalled(changed);
    call.leg.wait(300ms);
    rtp_stream forged{.ssrc = 6};
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(keepalive_after_a_command_does_not_make_the_stream_forgotten) {
    established call{private_address, nat_port};
    call.leg.teaching.rtp_only = true;
    call.leg.signalled(at("192.168.1.5", 4002));
    call.leg.wait(3s);
    BOOST_TEST(call.leg.rtp_from(nat_port, stun_packet).accepted);
    call.leg.wait(15s);
    rtp_stream forged{.ssrc = 6};
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(replaced_source_is_not_heard_again_when_the_new_address_is_repeated) {
    established call;
    call.leg.signalled(mobile);
    call.leg.wait(30min);
    rtp_stream other{.ssrc = 9};
    call.leg.signalled(mobile);
    BOOST_TEST(call.leg.talk(phone, other, 140).accepted == 0);
    BOOST_TEST(!call.leg.receives_at(phone));
}

BOOST_AUTO_TEST_CASE(new_stream_from_a_new_port_follows_a_changed_address_that_came_late) {
    established call{private_address, nat_port};
    call.leg.signalled(at("192.168.1.5", 4002));
    call.leg.talk(nat_port, call.voice, 150);
    rtp_stream fresh{.ssrc = 8};
    BOOST_TEST(call.leg.talk(new_nat_port, fresh, 50).refused <= 15);
    BOOST_TEST(call.leg.remote() == new_nat_port);
}

BOOST_AUTO_TEST_CASE(announced_move_opens_the_leg_for_ten_seconds) {
    established call{private_address, nat_port};
    call.leg.signalled(at("10.99.0.1", 4000));
    call.leg.talk(nat_port, call.voice, 501);
    rtp_stream forged{.ssrc = 6};
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(address_that_was_found_may_be_signalled_later) {
    established call{private_address, nat_port};
    call.leg.signalled(nat_port);
    BOOST_TEST(call.leg.source() == nat_port);
    rtp_stream forged{.ssrc = 6};
    BOOST_TEST(call.leg.talk(attacker, forged, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(attacker_at_a_re_invite_to_a_new_address) {
    established call;
    call.leg.signalled(mobile);
    rtp_stream forged{.ssrc = 6}, fresh{.ssrc = 8};
    auto sniffed = copy_of(call.voice);
    BOOST_TEST(call.leg.talk(attacker, forged, 45).accepted == 0);
    BOOST_TEST(call.leg.talk(mobile, fresh, 1).accepted == 1);
    BOOST_TEST(call.leg.talk(attacker, sniffed, 500).accepted == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(asymmetric)

BOOST_AUTO_TEST_CASE(host_sends_from_any_port_and_receives_where_it_said) {
    guarded_leg leg;
    rtp_stream voice;
    leg.signalled(phone, true);
    for (const auto& source : {nat_port, phone, new_nat_port})
        BOOST_TEST(leg.talk(source, voice, 5).accepted == 5);
    BOOST_TEST(leg.remote() == phone);
    BOOST_TEST(leg.talk(attacker, voice, 500).accepted == 0);
    BOOST_TEST(leg.rtcp_from(new_nat_port).accepted);
    BOOST_TEST(!leg.rtcp_from(attacker).accepted);
    BOOST_TEST(leg.rtcp_remote() == at("192.0.2.1", 4001));
}

BOOST_AUTO_TEST_CASE(flag_takes_back_what_was_learned) {
    established call{phone, nat_port};
    call.leg.signalled(phone, true);
    BOOST_TEST(call.leg.remote() == phone);
    call.leg.signalled(phone, false);
    BOOST_TEST(call.leg.talk(nat_port, call.voice, 5).accepted == 3);
    BOOST_TEST(call.leg.remote() == nat_port);
}

BOOST_AUTO_TEST_CASE(without_address_it_is_learned_once) {
    guarded_leg leg;
    rtp_stream voice;
    leg.rtp().set_asymmetric(true);
    BOOST_TEST(leg.talk(mobile, voice, 6).accepted == 2);
    BOOST_TEST(leg.talk(at("198.51.100.7", 7777), voice, 5).accepted == 5);
    BOOST_TEST(leg.remote() == mobile);
    BOOST_TEST(leg.talk(attacker, voice, 500).accepted == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rtcp)

BOOST_AUTO_TEST_CASE(before_rtp_it_comes_from_the_signalled_host) {
    guarded_leg leg;
    leg.signalled(phone);
    BOOST_TEST(leg.rtcp_from(attacker).refusal == drop_reason::rtcp_foreign_host);
    BOOST_TEST(leg.rtcp_from(at("192.0.2.1", 61001)).accepted);
    BOOST_TEST(leg.rtcp_remote() == at("192.0.2.1", 61001));

    guarded_leg unknown;
    BOOST_TEST(!unknown.rtcp_from(attacker).accepted);
    unknown.signalled(private_address);
    BOOST_TEST(!unknown.rtcp_from(attacker).accepted);
}

BOOST_AUTO_TEST_CASE(it_comes_from_the_host_of_rtp) {
    established call{private_address, nat_port};
    BOOST_TEST(call.leg.rtcp_remote() == at("192.0.2.1", 61001));
    BOOST_TEST(!call.leg.rtcp_from(attacker).accepted);
    BOOST_TEST(!call.leg.rtcp_from(at("192.168.1.5", 4001)).accepted);
    BOOST_TEST(call.leg.rtcp_from(at("192.0.2.1", 62000)).learned);
    BOOST_TEST(call.leg.rtcp_from(at("192.0.2.1", 62000)).accepted);
    BOOST_TEST(!call.leg.datagram(component::rtcp, at("192.0.2.1", 1), stun_packet).accepted);

    // Another port of the host once it is silent.
    BOOST_TEST(call.leg.rtcp_from(new_nat_port).refusal == drop_reason::moved_too_early);
    call.leg.wait(10001ms);
    BOOST_TEST(call.leg.rtcp_from(new_nat_port).learned);
}

BOOST_AUTO_TEST_CASE(it_follows_rtp_to_another_port_within_one_report) {
    established call{private_address, nat_port};
    const endpoint rtcp_port = at("192.0.2.1", 62000), new_rtcp_port = at("192.0.2.1", 62888);
    BOOST_REQUIRE(call.leg.rtcp_from(rtcp_port).accepted);
    call.leg.talk(nat_port, call.voice, 50);
    BOOST_TEST(!call.leg.rtcp_from(new_rtcp_port).accepted);  // RTP has not moved yet
    call.leg.talk(new_nat_port, call.voice, 50);
    BOOST_REQUIRE(call.leg.source() == new_nat_port);
    BOOST_TEST(call.leg.rtcp_from(rtcp_port).accepted);  // one on its way
    BOOST_TEST(call.leg.rtcp_from(new_rtcp_port).learned);
    BOOST_TEST(!call.leg.rtcp_from(attacker).accepted);
    BOOST_TEST(!call.leg.rtcp_from(at("192.0.2.1", 62999)).accepted);  // once
}

BOOST_AUTO_TEST_CASE(guess_follows_rtp_to_another_port) {
    established call{private_address, nat_port};
    call.leg.talk(new_nat_port, call.voice, 50);
    BOOST_REQUIRE(call.leg.source() == new_nat_port);
    BOOST_TEST(call.leg.rtcp_remote() == at("192.0.2.1", 61778));
}

BOOST_AUTO_TEST_CASE(it_follows_rtp_to_another_host) {
    established call;
    BOOST_TEST(call.leg.rtcp_from(at("192.0.2.1", 4001)).accepted);
    call.leg.talk(mobile, call.voice, 100);
    BOOST_REQUIRE(call.leg.remote() == mobile);
    BOOST_TEST(call.leg.rtcp_remote() == at("198.51.100.7", 6001));
    BOOST_TEST(!call.leg.rtcp_from(at("192.0.2.1", 4001)).accepted);
    BOOST_TEST(call.leg.rtcp_from(at("198.51.100.7", 6003)).learned);
}

BOOST_AUTO_TEST_CASE(new_address_is_obeyed_for_rtcp_too) {
    established call;
    BOOST_TEST(call.leg.rtcp_from(at("192.0.2.1", 4001)).accepted);
    call.leg.signalled(mobile);
    BOOST_TEST(call.leg.rtcp_remote() == at("198.51.100.7", 6001));
    BOOST_TEST(call.leg.rtcp_from(at("198.51.100.7", 6001)).accepted);
    BOOST_TEST(!call.leg.rtcp_from(attacker).accepted);
}

BOOST_AUTO_TEST_CASE(guess_behind_nat_survives_a_new_private_address) {
    established call{private_address, nat_port};
    call.leg.signalled(at("192.168.1.5", 4002));
    BOOST_TEST(call.leg.rtcp_remote() == at("192.0.2.1", 61001));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(policies)

BOOST_AUTO_TEST_CASE(signalled_takes_the_signalled_address_and_nothing_else) {
    guarded_leg leg{learning_policy::signalled};
    rtp_stream voice;
    BOOST_TEST(leg.talk(phone, voice, 50).accepted == 0);
    leg.signalled(phone);
    BOOST_TEST(leg.talk(phone, voice, 5).accepted == 5);
    BOOST_TEST(leg.talk(nat_port, voice, 500).last_refusal == drop_reason::source_refused);
    BOOST_TEST(leg.rtcp_from(at("192.0.2.1", 4001)).accepted);
    BOOST_TEST(!leg.rtcp_from(at("192.0.2.1", 4003)).accepted);
    leg.signalled(private_address);
    BOOST_TEST(leg.remote() == private_address);
    BOOST_TEST(leg.talk(phone, voice, 500).accepted == 0);
    leg.signalled(phone, true);
    BOOST_TEST(leg.talk(nat_port, voice, 5).accepted == 5);
    BOOST_TEST(leg.talk(attacker, voice, 500).accepted == 0);
}

BOOST_AUTO_TEST_CASE(change_of_policy_keeps_what_was_signalled) {
    guarded_leg leg{learning_policy::classic};
    rtp_stream voice;
    leg.signalled(phone, true);
    leg.rtp().use(learning_policy::guarded, leg.now);
    BOOST_TEST((leg.rtp().policy() == learning_policy::guarded));
    BOOST_TEST(leg.remote() == phone);
    BOOST_TEST(leg.talk(nat_port, voice, 5).accepted == 5);  // still asymmetric
    leg.rtp().use(learning_policy::signalled, leg.now);
    BOOST_TEST(leg.remote() == phone);
    BOOST_TEST(leg.talk(attacker, voice, 5).accepted == 0);
    leg.rtp().use(learning_policy::classic, leg.now);
    BOOST_TEST(leg.remote() == phone);
}

BOOST_AUTO_TEST_CASE(latches_are_small) {
    BOOST_TEST(sizeof(guarded_latch) <= 192);
    BOOST_TEST(sizeof(address_latch) <= 200);
}

BOOST_AUTO_TEST_SUITE_END()
