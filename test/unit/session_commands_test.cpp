#define BOOST_TEST_MODULE session_commands
#include "support/rtp_packets.hpp"
#include "support/transcript.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(offer_answer_and_reinvites_keep_their_ports) {
    command_script script;
    check(script, {
                      {"U c1 10.1.2.3 4000 ft1", "30000"},
                      {"L c1 10.9.8.7 5000 ft1 tt1", "30002"},
                      {"U c1 10.1.2.3 4010 ft1 tt1", "30000"},
                      {"U c1 10.9.8.7 5010 tt1 ft1", "30002"},
                      {"L c1 10.1.2.3 4010 tt1 ft1", "30000"},
                      {"L c1 10.9.8.7 5000 ft1", "30002"},
                      {"L nosuch 10.1.1.1 1 f t", "0"},
                      {"Un c1 10.1.2.3 4000 ft1", "30004"},
                      {"U c2 0.0.0.0 0 f", "30006"},
                  });
    BOOST_TEST(script.plane.closed == std::vector<std::uint16_t>{30000});
}

BOOST_AUTO_TEST_CASE(media_streams_of_one_call) {
    command_script script;
    check(script, {
                      {"U m1 10.0.0.1 1000 a;1", "30000"},
                      {"U m1 10.0.0.1 1002 a;2", "30002"},
                      {"L m1 10.0.0.2 2000 a;1 b;1", "30004"},
                      {"L m1 10.0.0.2 2000 a;2 b;2", "30006"},
                      {"L m1 10.0.0.2 2000 b;1 a", "30000"},
                      {"Q m1 b a", "E50"},
                      {"D m1 a;3", "E50"},
                      {"D m1 a", "0"},
                      {"D m1 a", "E50"},
                  });
    BOOST_TEST(script.plane.pairs.empty());
}

BOOST_AUTO_TEST_CASE(tag_is_no_prefix_match) {
    command_script script;
    check(script, {{"U c 10.0.0.1 1000 F1", "30000"}, {"D c F", "E50"}, {"D c F1", "0"}});
}

BOOST_AUTO_TEST_CASE(late_offer_is_deleted_with_the_tags_the_other_way_round) {
    command_script script;
    check(script, {
                      {"Uc8,101 c 127.0.0.12 22000 T;1 F;1", "30000"},
                      {"Lc0,8,101 c 127.0.0.11 20000 T;1 F;1", "30002"},
                      {"D c F T", "0"},
                      {"D c F T", "E50"},
                  });
}

BOOST_AUTO_TEST_CASE(delete_with_only_the_other_partys_tag) {
    command_script script;
    check(script, {
                      {"U c 10.0.0.1 1000 F;1", "30000"},
                      {"D c  T", "E50"},
                      {"L c 10.0.0.2 2000 F;1 T;1", "30002"},
                      {"D c  T", "0"},
                      {"D c  T", "E50"},
                  });
}

BOOST_AUTO_TEST_CASE(weak_and_strong_flags) {
    command_script script;
    check(script, {
                      {"Uw w1 10.0.0.1 1000 a", "30000"},
                      {"Dw w1 a", "0"},
                      {"D w1 a", "0"},
                      {"Q w1 a", "60 0 0 0 0"},
                      {"Dw w1 b a", "0"},
                      {"Q w1 a", "E50"},
                      {"U w4 10.0.0.1 1000 a", "30002"},
                      {"Lw w4 10.0.0.2 1000 a b", "30004"},
                      {"D w4 a b", "0"},
                      {"Q w4 a", "60 0 0 0 0"},
                      {"Dw w4 a b", "0"},
                      {"Q w4 a", "E50"},
                  });
}

BOOST_AUTO_TEST_CASE(subcommand_results_show_only_before_texts) {
    command_script script;
    check(script,
          {
              {"U s2 10.0.0.1 1000 f t && S ttl=5 && L 10.0.0.2 2000", "30000 && 0 && 30002"},
              {"U s3 10.0.0.1 1000 f t && L 10.0.0.2 2000 && S ttl=5", "30004 && 30006"},
              {"U s4 10.0.0.1 1000 f t && C no such call", "30008 && -1"},
              {"U s5 10.0.0.1 1000 f t && L 10.0.0.2 2000 && S tos=5 && S ttl=9 && C no no no && S ttl=3",
               "30010 && 30012 && 0 && 0 && -1"},
              {"U s6 10.0.0.1 1000 f t && D && S ttl=5 && D", "30014 && 0 && 0 && -1"},
              {"Q s6 f t ttl", "E50"},
              {"Q s2 f t ttl && S ttl=77", "5"},
              {"Q s2 f t ttl && D", "77"},
              {"Q s2 f t ttl", "E50"},
          });
}

BOOST_AUTO_TEST_CASE(addresses_advertised_labelled_and_ipv6) {
    command_script advertised{local_addresses({make_local("192.0.2.2", "203.0.113.9")})};
    check(advertised, {{"U c1 10.1.2.3 4000 f", "30000 203.0.113.9"}});

    command_script ipv6{local_addresses({make_local("::1")})};
    check(ipv6, {{"U6 c1 2001:db8::7 4000 f", "30000 ::1 6"}, {"U c2 10.0.0.1 1000 f", "E36"}});

    command_script labels{local_addresses(
        {make_local("127.0.0.1"), make_local("127.0.0.5", "9.9.9.9", "foo"), make_local("::1", "", "six")})};
    check(labels,
          {
              {"U b 10.0.0.1 1000 f", "30000 127.0.0.1"},
              {"Ll{foo} b 10.0.0.1 1000 f t", "30002 9.9.9.9"},
              {"U6l{foo} g 2001:db8::5 1000 f", "30004 9.9.9.9"},
              {"U s 10.0.0.1 1000 f t && L6l{six} 2001:db8::7 2000", "30006 127.0.0.1 && 30000 ::1 6"},
              {"Ul{foo} b 10.0.0.1 1000 f t", "30008 9.9.9.9"},
              {"U b 10.0.0.1 1000 f t", "30008 9.9.9.9"},
              {"Unl{foo} b 10.0.0.1 1000 f t", "30010 9.9.9.9"},
          });
}

BOOST_AUTO_TEST_CASE(bridging_letters_name_the_far_leg_first) {
    struct {
        std::string_view letters, update_on, lookup_on;
    } const table[] = {
        {"", "127.0.0.1", "127.0.0.1"},   {"ei", "127.0.0.1", "127.0.0.2"}, {"ie", "127.0.0.2", "127.0.0.1"},
        {"ee", "127.0.0.2", "127.0.0.2"}, {"ii", "127.0.0.1", "127.0.0.1"}, {"e", "127.0.0.1", "127.0.0.2"},
        {"i", "127.0.0.1", "127.0.0.1"},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT("U" << row.letters) {
            command_script script{local_addresses(make_local("127.0.0.1"), make_local("127.0.0.2"), {})};
            BOOST_TEST(script("U" + std::string{row.letters} + " c 10.0.0.1 1000 f") ==
                       "30000 " + std::string{row.update_on});
            BOOST_TEST(script("L c 10.0.0.2 1000 f t") == "30002 " + std::string{row.lookup_on});
        }
    }
}

BOOST_AUTO_TEST_CASE(new_port_with_two_letters_moves_the_leg) {
    command_script script{local_addresses(make_local("127.0.0.1"), make_local("127.0.0.2"), {})};
    check(script, {
                      {"Uei c 10.0.0.1 1000 f", "30000 127.0.0.1"},
                      {"Uie c 10.0.0.1 1000 f t", "30000 127.0.0.1"},
                      {"Une c 10.0.0.1 1000 f t", "30002 127.0.0.1"},
                      {"Unie c 10.0.0.1 1000 f t", "30004 127.0.0.2"},
                  });
}

BOOST_AUTO_TEST_CASE(new_branch_gets_a_port_on_the_interface_it_asks_for) {
    command_script script{local_addresses(make_local("127.0.0.1"), make_local("127.0.0.2"), {})};
    check(script,
          {
              {"Uei c 10.0.0.1 1000 f", "30000 127.0.0.1"},
              {"Uei c 10.0.0.1 1000 f", "30000 127.0.0.1"},
              {"Lie c 10.0.0.2 2000 f announcement", "30002 127.0.0.2"},
              {"Uee c 10.0.0.1 1000 f", "30004 127.0.0.2"},
              {"Lee c 10.0.0.3 2000 f t", "30002 127.0.0.2"},
              {"Uei c 10.0.0.1 1000 f t", "30004 127.0.0.2"},  // in a dialog letters only go with n
              // The first branch of another call does not answer; the leg of its caller is still open.
              {"Uie d 10.0.0.1 1000 f", "30006 127.0.0.2"},
              {"Uei d 10.0.0.1 1000 f", "30008 127.0.0.1"},
              {"L d 10.0.0.2 2000 f t", "30010 127.0.0.2"},
          });
    BOOST_TEST(script.plane.closed == (std::vector<std::uint16_t>{30000, 30006}));
}

BOOST_AUTO_TEST_CASE(party_that_changes_its_address_family_gets_a_port_of_that_family) {
    command_script script{local_addresses(
        {make_local("127.0.0.1"), make_local("127.0.0.5", "", "other"), make_local("::1", "", "six")})};
    check(script, {
                      {"U c 10.0.0.1 1000 f", "30000 127.0.0.1"},
                      {"Ll{other} c 10.0.0.2 2000 f t", "30002 127.0.0.5"},
                      // The caller moves to IPv6; the callee stays where it is.
                      {"U6 c 2001:db8::1 1000 f t", "30000 127.0.0.1"},
                      {"L c 10.0.0.2 2000 f t", "30000 ::1 6"},
                      {"L c 10.0.0.2 2000 f t", "30000 ::1 6"},
                      // And back: to the address where it was.
                      {"U c 10.0.0.1 1000 f t", "30000 127.0.0.1"},
                      {"L c 10.0.0.2 2000 f t", "30004 127.0.0.5"},
                      // The callee does so, with the sub-command; and is on hold in between.
                      {"U6 c :: 0 t f", "30004 127.0.0.5"},
                      {"L c 10.0.0.1 1000 t f", "30000 127.0.0.1"},
                      {"U6 c 2001:db8::2 2000 t f && L 10.0.0.1 1000", "30004 127.0.0.5 && 30002 ::1 6"},
                      // What is named is obeyed.
                      {"Ll{other} c 10.0.0.1 1000 t f", "30006 127.0.0.5"},
                      {"Ll{six} c 10.0.0.1 1000 t f", "30004 ::1 6"},
                  });
}

BOOST_AUTO_TEST_CASE(party_stays_where_there_is_no_address_of_its_new_family) {
    command_script script{local_addresses({make_local("127.0.0.1")})};
    check(script, {
                      {"U c 10.0.0.1 1000 f", "30000 127.0.0.1"},
                      {"L c 10.0.0.2 2000 f t", "30002 127.0.0.1"},
                      {"U6 c 2001:db8::1 1000 f t", "E36"},
                      {"U6l127.0.0.1 c 2001:db8::1 1000 f t", "30000 127.0.0.1"},
                      {"L c 10.0.0.2 2000 f t", "30002 127.0.0.1"},
                  });
}

BOOST_AUTO_TEST_CASE(named_address_without_ports_leaves_the_call_as_it_is) {
    command_script script{local_addresses({make_local("127.0.0.1"), make_local("127.0.0.5", "", "other")})};
    check(script, {{"U c 10.0.0.1 1000 f", "30000 127.0.0.1"}, {"L c 10.0.0.2 2000 f t", "30002 127.0.0.1"}});
    script.plane.next_error =
        boost::system::errc::make_error_code(boost::system::errc::address_not_available);
    check(script, {{"Ul{other} c 10.0.0.1 1000 f t", "30000 127.0.0.1"}});
    BOOST_TEST(script.plane.closed.empty());
}

BOOST_AUTO_TEST_CASE(call_without_ports_for_its_answer_is_refused_at_once) {
    command_script script{local_addresses({make_local("127.0.0.1"), make_local("127.0.0.5", "", "other")}),
                          {},
                          {.min = 30000, .max = 30006, .sequential = true}};  // four pairs
    script.take_ports_from_pool();
    // Where no call is ever answered each pair can be offered.
    for (const auto port : {"30000", "30002", "30004", "30006"})
        BOOST_TEST(script(std::string("U announcement-") + port + " 10.0.0.1 1000 f") ==
                   std::string(port) + " 127.0.0.1");
    check(script, {
                      {"U more 10.0.0.1 1000 f", "E72"},
                      {"D announcement-30006 f", "0"},
                      {"L announcement-30004 10.0.0.2 2000 f t", "30006 127.0.0.1"},
                      {"X", "0"},
                      {"U one 10.0.0.1 1000 f", "30000 127.0.0.1"},
                      {"U two 10.0.0.1 1000 f", "30002 127.0.0.1"},
                      {"U three 10.0.0.1 1000 f", "E72"},
                      {"L one 10.0.0.2 2000 f t", "30004 127.0.0.1"},
                      {"Un one 10.0.0.1 1000 f t", "E71"},  // what is left is kept for the other call
                      {"U three 10.0.0.1 1000 f", "E72"},
                      {"Ll{other} two 10.0.0.2 2000 f t", "30006 127.0.0.5"},  // and is not needed after all
                      {"Un one 10.0.0.1 1000 f t", "30006 127.0.0.1"},
                      {"U three 10.0.0.1 1000 f", "E72"},
                      {"D one f", "0"},
                      {"U three 10.0.0.1 1000 f", "30000 127.0.0.1"},
                      {"D three f", "0"},
                      {"D two f", "0"},
                      {"U four 10.0.0.1 1000 f", "30002 127.0.0.1"},
                      {"U five 10.0.0.1 1000 f", "30004 127.0.0.1"},
                      {"U six 10.0.0.1 1000 f", "E72"},
                      {"X", "0"},
                  });
    BOOST_TEST(script.pool.known_addresses() <= 2u);
}

BOOST_AUTO_TEST_CASE(delete_of_a_branch_that_was_not_answered_leaves_the_call_alone) {
    command_script script;
    check(script, {
                      {"U c 10.0.0.1 1000 a;1", "30000"},
                      {"L c 10.0.0.2 2000 a;1 early;1", "30002"},
                      {"L c 10.0.0.3 2000 a;1 winner;1", "30002"},
                      {"D c a early", "0"},
                      {"Dw c a loser", "0"},
                      {"D c loser a", "0"},
                      {"Q c a;1 winner;1", "60 0 0 0 0"},
                      {"D c winner a", "0"},
                      {"Q c a;1 winner;1", "E50"},
                      // Before the answer nobody knows whose branch it is.
                      {"U d 10.0.0.1 1000 a", "30004"},
                      {"D d a loser", "0"},
                      {"Q d a", "E50"},
                  });
}

BOOST_AUTO_TEST_CASE(port_exhaustion_leaves_the_session_as_it_was) {
    command_script script;
    const auto none_left = boost::system::errc::make_error_code(boost::system::errc::address_in_use);
    script.plane.next_error = none_left;
    check(script, {{"U c 10.0.0.1 1000 f", "E72"}, {"Q c f", "E50"}, {"U c 10.0.0.1 1000 f", "30000"}});
    script.plane.next_error = none_left;
    check(script, {{"L c 10.0.0.2 1000 f t", "E71"}, {"L c 10.0.0.2 1000 f t", "30002"}});
    script.plane.next_error = none_left;
    check(script, {{"Un c 10.0.0.1 1000 f t", "E71"}, {"U c 10.0.0.1 1000 f t", "30000"}});
    script.plane.next_error = none_left;
    check(script, {{"U c2 10.0.0.1 1000 f t && S ttl=5", "E72"}});
    check(script, {{"U c2 10.0.0.1 1000 f t", "30004"}});
    script.plane.next_error = none_left;
    check(script, {{"U c2 10.0.0.1 1000 f t && L 10.0.0.2 2000 && S ttl=5", "30004 && -1"}});
}

BOOST_AUTO_TEST_CASE(draining_refuses_new_sessions_only) {
    command_script script;
    check(script, {{"U c 10.0.0.1 1000 f", "30000"}});
    script.accept_new_sessions = false;
    check(script, {
                      {"U c2 10.0.0.1 1000 f", "E99"},
                      {"U c 10.0.0.1 1000 f", "30000"},
                      {"L c 10.0.0.2 1000 f t", "30002"},
                      {"D c f", "0"},
                  });
}

BOOST_AUTO_TEST_CASE(media_services_answer_their_documented_failures) {
    command_script script;
    check(script, {
                      {"Uc0,8 p 10.0.0.1 4000 f", "30000"},
                      {"P p prompt session f", "E60"},
                      {"P p prompt session t f", "E35"},
                      {"P0 p prompt 55 f", "0"},
                      {"P nosuch prompt 0 f", "E50"},
                      {"Px p prompt 0 f", "E17"},
                      {"S p f", "0"},
                      {"S nosuch f", "E50"},
                      {"R p f", "E50"},
                      {"C p udp:127.0.0.1 f", "E65"},
                      {"C nosuch name f", "E50"},
                      {"N p f", "E50"},
                      {"U p 10.0.0.1 4000 f t sock tag && M3:1 Dtag 128", "30000 && -1"},
                  });
}

BOOST_AUTO_TEST_CASE(query_forms_and_errors) {
    command_script script;
    check(script, {
                      {"U c 10.1.2.3 4000 f", "30000"},
                      {"L c 10.9.8.7 5000 f t", "30002"},
                      {"Q c f t", "60 0 0 0 0"},
                      {"Qv c f t", "ttl=60 npkts_ina=0 npkts_ino=0 nrelayed=0 ndropped=0"},
                      {"Q c f dummy ttl longest_ipi rtpa_javg", "60 0.000000 0.000000"},
                      {"Qv c f t rtpa_nlost ttl", "rtpa_nlost=0 ttl=60"},
                      {"Q c f t nonsense", "E62"},
                      {"Qx c f t", "E19"},
                      {"Qx nosuch f t", "E50"},
                  });
    const auto rtp = make_rtp({});
    BOOST_TEST((script.packet(callers_phone, 30002, rtp) == callees_phone));
    BOOST_TEST((script.packet(callees_phone, 30000, rtp) == callers_phone));
    BOOST_TEST((script.packet(callees_phone, 30000, make_rtp({.sequence_number = 3})) == callers_phone));
    check(script, {
                      {"Q c f t", "60 1 2 3 0"},
                      {"Q c t f", "60 2 1 3 0"},
                      {"Q c t f rtpa_nsent rtpa_nrcvd rtpa_ndups rtpa_nlost rtpa_perrs", "3 2 0 1 0"},
                  });
}

BOOST_AUTO_TEST_CASE(silent_session_lives_between_n_and_n_plus_1_seconds) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.ttl = 5, .setup_ttl = 3}};
    script("U c 10.1.2.3 4000 f");
    script.pass(2900ms);
    BOOST_TEST(script("Q c f").starts_with("1 "));
    script.pass(1100ms);
    BOOST_TEST(script("Q c f") == "E50");
    BOOST_TEST(script.statistics.sessions_timed_out.value() == 1u);
    BOOST_TEST(script.plane.pairs.empty());

    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    script.pass(5000ms);
    BOOST_TEST(script("Q c f").starts_with("0 "));
    script.pass(1000ms);
    BOOST_TEST(script("Q c f") == "E50");
}

BOOST_AUTO_TEST_CASE(media_of_either_party_keeps_a_session_alive) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.ttl = 2, .setup_ttl = 2}};
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    for (std::uint16_t i = 0; i < 20; ++i) {
        script.pass(1000ms);
        script.packet(callers_phone, 30002, make_rtp({.sequence_number = i}));
    }
    BOOST_TEST(script("Q c f").starts_with("2 "));
}

BOOST_AUTO_TEST_CASE(independent_limits_need_media_of_both_parties) {
    command_script script{local_addresses({make_local("0.0.0.0")}),
                          {.ttl = 2, .setup_ttl = 2, .ttl_mode = inactivity::mode::independent}};
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    for (std::uint16_t i = 0; i < 3; ++i) {
        script.pass(1000ms);
        script.packet(callers_phone, 30002, make_rtp({.sequence_number = i}));
    }
    BOOST_TEST(script("Q c f") == "E50");
}

BOOST_AUTO_TEST_CASE(a_partys_own_limit_counts_its_own_silence) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.ttl = 60, .setup_ttl = 60}};
    script("Uc0,8,101t3 c 10.1.2.3 4000 f");
    script("Lc0 c 10.9.8.7 5000 f t");
    for (std::uint16_t i = 0; i < 10; ++i) {
        script.pass(1000ms);
        script.packet(callees_phone, 30000, make_rtp({.sequence_number = i}));
    }
    BOOST_TEST(script("Q c f") == "E50");
}

BOOST_AUTO_TEST_CASE(own_limit_0_never_ends_the_session_but_the_call_duration_does) {
    command_script script{local_addresses({make_local("0.0.0.0")}),
                          {.ttl = 2, .setup_ttl = 2, .max_call_duration = 100}};
    script("Ut0T0 c 10.1.2.3 4000 f");
    script("Lt0T0 c 10.9.8.7 5000 f t");
    script.pass(99s);
    BOOST_TEST(script("Q c f") != "E50");
    script.pass(2s);
    BOOST_TEST(script("Q c f") == "E50");
}

BOOST_AUTO_TEST_CASE(own_limit_does_not_keep_an_unanswered_call) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.ttl = 60, .setup_ttl = 5}};
    script("Ut0T0 c 10.1.2.3 4000 f");
    script.pass(7s);
    BOOST_TEST(script("Q c f") == "E50");
}

BOOST_AUTO_TEST_CASE(session_on_hold_outlives_its_ttl) {
    for (const bool both : {false, true}) {
        command_script script{local_addresses({make_local("0.0.0.0")}), {.ttl = 20, .hold_ttl = 600}};
        script("U c 10.1.2.3 4000 f t unix:/run/b2b.sock tag");
        script("L c 10.9.8.7 5000 f t");
        script("U c 0.0.0.0 4000 f t unix:/run/b2b.sock tag");
        script(both ? "L c 0.0.0.0 5000 f t" : "L c 10.9.8.7 5000 f t");
        BOOST_TEST(script("Q c f t ttl") == "600");
        script.pass(600s);
        BOOST_TEST(script("Q c f t ttl") == "0");
        BOOST_TEST(script.notices.empty());
        script.pass(1s);
        BOOST_TEST(script("Q c f t ttl") == "E50");
        BOOST_TEST(script.notices.size() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(session_that_is_resumed_has_its_ttl_again) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.ttl = 20, .hold_ttl = 600}};
    script("U c 10.1.2.3 4000 f");
    script("L c 10.9.8.7 5000 f t");
    script("U c 0.0.0.0 4000 f t");
    script.pass(300s);
    script("U c 10.1.2.3 4000 f t");
    script.pass(20s);
    BOOST_TEST(script("Q c f t ttl") == "0");
    script.pass(1s);
    BOOST_TEST(script("Q c f t ttl") == "E50");
}

BOOST_AUTO_TEST_CASE(offer_of_a_party_on_hold_does_not_outlive_the_setup) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.setup_ttl = 5, .hold_ttl = 600}};
    script("U c 0.0.0.0 4000 f");
    script.pass(7s);
    BOOST_TEST(script("Q c f") == "E50");
}

BOOST_AUTO_TEST_CASE(time_out_is_notified_and_deletion_is_not) {
    command_script script{local_addresses({make_local("0.0.0.0")}), {.ttl = 2, .setup_ttl = 2}};
    script("U a 10.0.0.1 4000 f t unix:/run/b2b.sock call%3A42%20dead");
    script("U b 10.0.0.1 4000 f t unix:/run/b2b.sock other");
    script("U c 10.0.0.1 4000 f t unix:/run/b2b.sock cancelled");
    script("U c 10.0.0.1 4000 f t");
    script("D b f");
    script.pass(4s);
    BOOST_REQUIRE(script.notices.size() == 1u);
    BOOST_TEST(script.notices[0].text == "call:42 dead");
}

BOOST_AUTO_TEST_CASE(deletion_of_all_is_notified_where_that_is_wanted) {
    for (const bool wanted : {false, true}) {
        command_script script{local_addresses({make_local("0.0.0.0")}), {.notify_delete_all = wanted}};
        script("U a 10.0.0.1 4000 f t unix:/run/b2b.sock one");
        script("U b 10.0.0.1 4000 f t unix:/run/b2b.sock two");
        script("U c 10.0.0.1 4000 f t");
        script("D b f");
        script.manager.end_all(end_reason::deleted, script.now());
        script("U d 10.0.0.1 4000 f t unix:/run/b2b.sock three");
        script.manager.end_all(end_reason::shut_down, script.now());
        BOOST_REQUIRE(script.notices.size() == (wanted ? 1u : 0u));
        if (!wanted) continue;
        BOOST_TEST(script.notices[0].text == "one");
        BOOST_TEST(script.notices[0].call_id == "a");
    }
}

BOOST_AUTO_TEST_CASE(counters_at_the_end_of_sessions) {
    command_script script;
    script("U none 10.1.2.3 4000 f");
    script("L none 10.9.8.7 5000 f t");
    script("U one 10.1.2.3 4000 f");
    script("L one 10.9.8.7 5000 f t");
    script("U half 10.1.2.3 4000 f");
    script.packet(callers_phone, 30006, make_rtp({.sequence_number = 1}));
    script.packet(callers_phone, 30006, make_rtp({.sequence_number = 4}));
    script.pass(1500ms);
    for (const auto* call : {"none", "one", "half"})
        script("D " + std::string{call} + " f");
    const auto& s = script.statistics;
    BOOST_TEST(s.sessions_created.value() == 3u);
    BOOST_TEST(s.sessions_destroyed.value() == 3u);
    BOOST_TEST(s.sessions_completed.value() == 2u);
    BOOST_TEST(s.sessions_without_rtp.value() == 1u);
    BOOST_TEST(s.sessions_one_way_rtp.value() == 1u);
    BOOST_TEST(s.sessions_without_rtcp.value() == 2u);
    BOOST_TEST(s.rtp_sent.value() == 4u);
    BOOST_TEST(s.rtp_lost.value() == 2u);
    BOOST_TEST(s.lifetime_microseconds.value() == 4'500'000u);
}

BOOST_AUTO_TEST_CASE(traffic_class_by_default_by_subcommand_and_before_the_leg_exists) {
    command_script script{local_addresses({make_local("127.0.0.1"), make_local("::1", "", "six")})};
    script("U c 10.1.2.3 4000 f t && S tos=10 && Sr tos=20");
    BOOST_TEST(script.plane.at_port(30000)->traffic_class == 20);
    script("L c 10.9.8.7 5000 f t");
    BOOST_TEST(script.plane.at_port(30002)->traffic_class == 10);
    BOOST_TEST(script("Q c f t ttl && S tos=256") == "60 && -1");
    script("U d 10.1.2.3 4000 f t");
    BOOST_TEST(script.plane.at_port(30004)->traffic_class == 184);
}

BOOST_AUTO_TEST_CASE(twenty_thousand_sessions_end_in_slices) {
    command_script script{
        local_addresses({make_local("0.0.0.0")}), {.ttl = 1, .setup_ttl = 1}, {.min = 2, .max = 65534}};
    for (int i = 0; i < 20'000; ++i)
        script("U call" + std::to_string(i) + " 10.0.0.1 1000 f");
    script.manager.advance({.now = script.now().now, .second = 5});
    const moment later{.now = script.now().now, .second = 5};
    std::size_t slices = 0;
    std::size_t left = script.manager.live_sessions();
    while (script.manager.run_some(32, later)) {
        const auto now_left = script.manager.live_sessions();
        BOOST_REQUIRE(left - now_left <= 32u);
        left = now_left;
        ++slices;
    }
    BOOST_TEST(slices >= 20'000u / 32 - 1);
    BOOST_TEST(script.manager.live_sessions() == 0u);
    BOOST_TEST(script.plane.pairs.empty());
}

BOOST_AUTO_TEST_CASE(sessions_beyond_the_limit_are_refused_until_others_end) {
    session_limit limit(2);
    session_settings settings{.ttl = 5, .setup_ttl = 5};
    settings.limit = &limit;
    command_script script{local_addresses({make_local("0.0.0.0")}), settings};
    check(script, {
                      {"U c1 10.0.0.1 1000 f", "30000"},
                      {"U c2 10.0.0.1 1000 f", "30002"},
                      {"U c3 10.0.0.1 1000 f", "E98"},
                      {"U c1 10.0.0.1 1002 f", "30000"},  // those that are there go on
                      {"L c1 10.0.0.2 2000 f t", "30004"},
                      {"D c1 f", "0"},
                      {"U c3 10.0.0.1 1000 f", "30006"},
                      {"U c4 10.0.0.1 1000 f", "E98"},
                  });
    BOOST_TEST(script.statistics.sessions_refused.value() == 2u);
    script.pass(10s);  // c2 and c3 time out
    script.plane.next_error = boost::system::errc::make_error_code(boost::system::errc::address_in_use);
    check(script, {
                      {"U c5 10.0.0.1 1000 f", "E72"},  // counts for nothing
                      {"U c6 10.0.0.1 1000 f", "30008"},
                      {"U c7 10.0.0.1 1000 f", "30010"},
                      {"U c8 10.0.0.1 1000 f", "E98"},
                  });
    script.accept_new_sessions = false;
    BOOST_TEST(script("U c8 10.0.0.1 1000 f") == "E99");
    script.accept_new_sessions = true;
    script.manager.end_all(end_reason::deleted, script.now());
    BOOST_TEST(script("U c8 10.0.0.1 1000 f") == "30012");
}
