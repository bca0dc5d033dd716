#define BOOST_TEST_MODULE parse_command
#include "support/command_parsing.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace rtpproxy;
using namespace rtpproxy::test;
using enum protocol_error;

namespace {

/// `call-id from-tag` or `call-id from-tag to-tag`.
std::string to_text(const session_selector& session) {
    auto text = std::string{session.call_id} + " " + std::string{session.from_tag};
    if (session.to_tag) text += " " + std::string{*session.to_tag};
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(version_is_asked) {
    command_parsing parser(ipv4_only());
    (void)parser.ok<version_command>("V");
    (void)parser.ok<version_command>("v");
    parser.bad("V x", argument_count);
    parser.bad("V\nV\n", argument_count);
    parser.bad("Vx", modifiers_not_allowed);
    parser.bad("VV", modifiers_not_allowed);
}

BOOST_AUTO_TEST_CASE(capability_is_asked) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(parser.ok<capability_command>("VF 20050322").date == "20050322");
    BOOST_TEST(parser.ok<capability_command>("vf nonsense").date == "nonsense");
    BOOST_TEST(parser.ok<capability_command>("VF\n20040107\n").date == "20040107");
    parser.bad("VF", argument_count);
    parser.bad("Vf", argument_count);
    parser.bad("VF 1 2", argument_count);
    parser.bad("VFx 1", modifiers_not_allowed);
}

BOOST_AUTO_TEST_CASE(info_has_two_modifiers) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(!parser.ok<info_command>("I").with_load);
    BOOST_TEST(!parser.ok<info_command>("IB").with_load);
    BOOST_TEST(parser.ok<info_command>("Il").with_load);
    BOOST_TEST(parser.ok<info_command>("iBLb").with_load);
    parser.bad("Ix", bad_info_modifier);
    parser.bad("Ilx", bad_info_modifier);
    parser.bad("I x", argument_count);
}

BOOST_AUTO_TEST_CASE(statistics_name_global_counters) {
    command_parsing parser(ipv4_only());
    const auto some = parser.ok<statistics_command>("Gv nsess_created total_duration");
    BOOST_TEST(some.verbose);
    BOOST_TEST_REQUIRE(some.names.size() == 2U);
    BOOST_TEST((some.names[0] == global_counter::nsess_created));
    BOOST_TEST((some.names[1] == global_counter::total_duration));
    BOOST_TEST(!parser.ok<statistics_command>("G npkts_rcvd pps_in").verbose);
    BOOST_TEST(parser.ok<statistics_command>("gVv").names.empty());
    parser.bad("G nsess", unknown_global_counter);
    parser.bad("G NSESS_CREATED", unknown_global_counter);
    parser.bad("G ttl", unknown_global_counter);
    parser.bad("G pps_in nonsense", unknown_global_counter);
    parser.bad("Gx pps_in", bad_statistics_modifier);
    parser.bad("Gvx nonsense", bad_statistics_modifier);
}

BOOST_AUTO_TEST_CASE(delete_all_has_no_arguments) {
    command_parsing parser(ipv4_only());
    (void)parser.ok<delete_all_command>("X");
    (void)parser.ok<delete_all_command>("x");
    parser.bad("X y", argument_count);
    parser.bad("Xa", modifiers_not_allowed);
}

BOOST_AUTO_TEST_CASE(update_tells_tags_from_notify_pair_by_their_number) {
    command_parsing parser(ipv4_only());
    const auto five = parser.ok<update_command>("U c1 10.1.2.3 4000 ft1");
    BOOST_TEST(to_text(five.session) == "c1 ft1");
    BOOST_TEST(!five.notify.has_value());
    const auto six = parser.ok<update_command>("u c1 10.1.2.3 4010 ft1 tt1");
    BOOST_TEST(to_text(six.session) == "c1 ft1 tt1");
    BOOST_TEST(!six.notify.has_value());
    const auto seven = parser.ok<update_command>("U c 10.1.2.3 4000 f;1 tcp:127.0.0.10:9991 T7.3ba94b67");
    BOOST_TEST(to_text(seven.session) == "c f;1");
    BOOST_TEST(seven.notify.value().socket == "tcp:127.0.0.10:9991");
    BOOST_TEST(seven.notify.value().tag == "T7.3ba94b67");
    const auto eight = parser.ok<update_command>("U b 10.0.0.1 4000 f t tcp:%%CC_SELF%%:7001 tagB");
    BOOST_TEST(to_text(eight.session) == "b f t");
    BOOST_TEST(eight.notify.value().socket == "tcp:%%CC_SELF%%:7001");
    BOOST_TEST(eight.notify.value().tag == "tagB");
    parser.bad("U", argument_count);
    parser.bad("U c 10.1.2.3 4000", argument_count);
    parser.bad("U c 10.1.2.3 4000 f t s n x", argument_count);
}

BOOST_AUTO_TEST_CASE(notify_tag_is_url_decoded) {
    command_parsing parser(ipv4_only());
    const auto tag = [&](const std::string& text) {
        return parser.ok<update_command>("U c 10.0.0.1 4000 f t sock " + text).notify.value().tag;
    };
    BOOST_TEST(tag("call%3A42%20dead") == "call:42 dead");
    BOOST_TEST(tag("ab%20c+d%C3%A4e") ==
               "ab c d\xc3\xa4"
               "e");
    BOOST_TEST(tag("r%2012%201") == "r 12 1");
    BOOST_TEST(tag("%41%4a%4A+") == "AJJ ");
    BOOST_TEST(tag("%ff%80") == "\xff\x80");
    BOOST_TEST(tag("unix:/tmp/kn.sock") == "unix:/tmp/kn.sock");
    for (const auto* text : {"%", "a%", "a%4", "%4", "%zz", "%4z", "%-1", "%+1", "%%41"}) {
        parser.bad("U c 10.0.0.1 4000 f sock " + std::string(text), bad_notify_tag);
        parser.bad("U c 10.0.0.1 4000 f t sock " + std::string(text), bad_notify_tag);
    }
}

BOOST_AUTO_TEST_CASE(notify_tag_with_a_control_character_is_refused) {
    command_parsing parser(ipv4_only());
    for (const auto* text : {"a%0Ab", "a%0db", "%00", "a%09", "%1f", "%7F", "a\x01",
                             "a\x7f"
                             "b",
                             "a\vb"})
        parser.bad("U c 10.0.0.1 4000 f sock " + std::string(text), bad_notify_tag);
}

BOOST_AUTO_TEST_CASE(only_the_notify_tag_is_decoded) {
    command_parsing parser(ipv4_only());
    const auto update = parser.ok<update_command>("U c%41+ 10.0.0.1 4000 f%zz t+%4 %4a%zz tag");
    BOOST_TEST(to_text(update.session) == "c%41+ f%zz t+%4");
    BOOST_TEST(update.notify.value().socket == "%4a%zz");
}

BOOST_AUTO_TEST_CASE(lookup_has_no_notify_pair) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(parser.ok<lookup_command>("L c1 10.9.8.7 5000 ft1 tt1").session) == "c1 ft1 tt1");
    BOOST_TEST(to_text(parser.ok<lookup_command>("l c1 10.9.8.7 5000 ft1").session) == "c1 ft1");
    parser.bad("L c1 10.9.8.7 5000", argument_count);
    parser.bad("L c1 10.9.8.7 5000 f t sock", argument_count);
}

BOOST_AUTO_TEST_CASE(delete_may_be_weak) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(parser.ok<delete_command>("D c f t").session) == "c f t");
    BOOST_TEST(!parser.ok<delete_command>("D c f t").weak);
    BOOST_TEST(to_text(parser.ok<delete_command>("D rl-call@127.0.0.11  ttag-rl").session) ==
               "rl-call@127.0.0.11 ttag-rl");
    BOOST_TEST(parser.ok<delete_command>("Dw c f").weak);
    BOOST_TEST(parser.ok<delete_command>("dW c f").weak);
    parser.bad("D c", argument_count);
    parser.bad("D c f t x", argument_count);
    parser.bad("Dx c f", bad_delete_modifier);
    parser.bad("Dwx nosuch a", bad_delete_modifier);
}

BOOST_AUTO_TEST_CASE(query_names_follow_both_tags) {
    command_parsing parser(ipv4_only());
    const auto plain = parser.ok<query_command>("Q c1 f");
    BOOST_TEST(to_text(plain.session) == "c1 f");
    BOOST_TEST(plain.names.empty());
    BOOST_TEST(!plain.verbose);
    const auto named = parser.ok<query_command>("Qv c1 f t ttl npkts_ina rtpa_nlost");
    BOOST_TEST(to_text(named.session) == "c1 f t");
    BOOST_TEST(named.verbose);
    BOOST_TEST_REQUIRE(named.names.size() == 3U);
    BOOST_TEST((named.names[0] == session_counter::ttl));
    BOOST_TEST((named.names[2] == session_counter::rtpa_nlost));
    parser.bad("Q c1", argument_count);
    BOOST_TEST(parser.ok<query_command>("Q c f t 1 2 3 4 5 6 7 8 9 10 11").names.size() == 11U);
    parser.bad("Q c f t 1 2 3 4 5 6 7 8 9 10 11 12", argument_count);
}

BOOST_AUTO_TEST_CASE(query_defects_stay_in_the_command) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(parser.ok<query_command>("Qx nosuch a").bad_modifier);
    BOOST_TEST(parser.ok<query_command>("Qvx c f").verbose);
    BOOST_TEST(!parser.ok<query_command>("QVv c f").bad_modifier);
    const auto unknown = parser.ok<query_command>("Q c f t ttl nonsense pps_in");
    BOOST_TEST_REQUIRE(unknown.names.size() == 3U);
    BOOST_TEST(unknown.names[0].has_value());
    BOOST_TEST(!unknown.names[1].has_value());
    BOOST_TEST(!unknown.names[2].has_value());
}

BOOST_AUTO_TEST_CASE(play_has_a_count) {
    command_parsing parser(ipv4_only());
    const auto play = parser.ok<play_command>("P-1 CID /tmp/prompt session F;1 T;1");
    BOOST_TEST(to_text(play.session) == "CID F;1 T;1");
    BOOST_TEST(play.count == -1);
    BOOST_TEST(play.prompt == "/tmp/prompt");
    BOOST_TEST(play.codecs == "session");
    BOOST_TEST(parser.ok<play_command>("P CID p 8,0 F").count == 1);
    BOOST_TEST(parser.ok<play_command>("p0 CID p 55 F").count == 0);
    BOOST_TEST(parser.ok<play_command>("P+3 CID p 0 F").count == 3);
    BOOST_TEST(to_text(parser.ok<play_command>("P1 CID /tmp/prompt session F;1 ").session) == "CID F;1");
    parser.bad("P CID p 0", argument_count);
    parser.bad("P CID p 0 f t x", argument_count);
    for (const auto* text : {"Px", "P1x", "P-", "P+", "P+-1", "P--1", "P2147483648", "P-99999999999"})
        parser.bad(std::string(text) + " c p 0 f", bad_play_count);
}

BOOST_AUTO_TEST_CASE(stop_play_has_no_modifiers) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(parser.ok<stop_play_command>("S CID F;1 T;1").session) == "CID F;1 T;1");
    BOOST_TEST(to_text(parser.ok<stop_play_command>("s CID F;1 ").session) == "CID F;1");
    parser.bad("Sx c f", modifiers_not_allowed);
    parser.bad("S c", argument_count);
    parser.bad("S c f t x", argument_count);
}

BOOST_AUTO_TEST_CASE(record_may_be_to_a_single_file) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(parser.ok<record_command>("R CID T F").session) == "CID T F");
    BOOST_TEST(!parser.ok<record_command>("R c1 f").single_file);
    BOOST_TEST(parser.ok<record_command>("RS c1 f").single_file);
    parser.bad("R c1", argument_count);
    parser.bad("R c1 f t x", argument_count);
    parser.bad("Rp c1 f", record_ports_unsupported);
    parser.bad("RsPx c1 f", record_ports_unsupported);
    parser.bad("Rx c1 f", bad_record_modifier);
    parser.bad("Rsxp c1 f", bad_record_modifier);
}

BOOST_AUTO_TEST_CASE(copy_has_a_target) {
    command_parsing parser(ipv4_only());
    const auto copy = parser.ok<copy_command>("Cp c1 udp:192.0.2.50:9000 f t");
    BOOST_TEST(to_text(copy.session) == "c1 f t");
    BOOST_TEST(copy.target == "udp:192.0.2.50:9000");
    BOOST_TEST(copy.report_port);
    BOOST_TEST(!copy.single_file);
    BOOST_TEST(parser.ok<copy_command>("CSP c n f").single_file);
    BOOST_TEST(to_text(parser.ok<copy_command>("C c n f").session) == "c f");
    parser.bad("C c n", argument_count);
    parser.bad("C c n f t x", argument_count);
    parser.bad("Cz nosuch b c", bad_record_modifier);
    parser.bad("Cspz c n f", bad_record_modifier);
}

BOOST_AUTO_TEST_CASE(stop_record_may_be_for_both_legs) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(parser.ok<stop_record_command>("N CID F;1 T;1").session) == "CID F;1 T;1");
    BOOST_TEST(!parser.ok<stop_record_command>("N c f").both_legs);
    BOOST_TEST(parser.ok<stop_record_command>("NA c f").both_legs);
    parser.bad("N c", argument_count);
    parser.bad("N c f t x", argument_count);
    parser.bad("Nx c f", bad_record_modifier);
    parser.bad("Nxa c f", bad_record_modifier);
    parser.bad("Nax c f", record_ports_unsupported);
    parser.bad("Naa c f", record_ports_unsupported);
}

// Lines of other controllers and of the protocol's description, beyond the captured ones.
BOOST_AUTO_TEST_CASE(examples_are_understood) {
    command_parsing parser(bridging());
    for (const auto* text :
         {// Several streams and forks of a call.
          "U m1 10.0.0.1 1000 a;1", "L m1 10.0.0.2 2000 b;1 a", "Q m1 b a", "D m1 a;3",
          "Uw w1 10.0.0.1 1000 a", "Lw w4 10.0.0.2 1000 a b", "Dw w1 b a", "Un c1 10.1.2.3 4000 ft1",
          "U c2 0.0.0.0 0 f", "Uc0,8,101t30 c 127.0.0.11 20000 F;1", "UA c 10.1.1.1 20000 F;1",
          "UIE c 10.1.1.1 20000 F;1", "LR10.0.0.11c8,101 CID 127.0.0.12 22000 F;1 T;1",
          "Uc0,8,101 CID 127.0.0.11 20000 F;1 tcp:127.0.0.10:9991 I && M3:1 Dd74e.4fad1a24 101",
          "Uc0,8,101 CID 127.0.0.11 20000 F;1 SOCK;TAG", "L c 127.0.0.12 22000 dummy F;1",
          // Sub-commands.
          "U s2 10.0.0.1 1000 f t && S ttl=5 && L 10.0.0.2 2000",
          "U s3 10.0.0.1 1000 f t && L 10.0.0.2 2000 && S ttl=5", "U s4 10.0.0.1 1000 f t && C no such call",
          "U s5 10.0.0.1 1000 f t && L 10.0.0.2 2000 && S tos=5 && S ttl=9 && C no no no && S ttl=3",
          "U s6 10.0.0.1 1000 f t && D && S ttl=5 && D", "Q s2 f t ttl && S ttl=77",
          "U s 10.0.0.1 1000 f t && L6l{six} 2001:db8::7 2000", "Q c1 f t rtpa_javg && D",
          // Playing, recording, copying, statistics.
          "P p1 /prompts/moh session f", "P-1 p1 /prompts/moh 8,0 t f", "P0 p1 nosuch 55 f", "S p1 f",
          "Cs CID /tmp/x.wav T;1 F;1", "C CID udp:127.0.0.9:7000 F;1 T;1", "Na c1 f",
          "Q CID F;1 T;1 ttl npkts_ina npkts_ino nrelayed ndropped", "Q CID F;1 T",
          "Gv nsess_created nsess_destroyed nsess_timeout nsess_complete nsess_nortp nsess_owrtp "
          "nsess_nortcp",
          "Gv ncmds_rcvd ncmds_succd ncmds_errs ncmds_repld",
          // Sippy B2BUA and others: `U` from both sides, a heartbeat, upper case, a trailing line feed.
          "Ib", "IB", "I\n", "X\n", "Uz20R10.1.1.1N CID-0 10.0.0.1 4000 FROM TO /var/run/b2b.sock r%2012%201",
          "U6L[2001:db8::9] CID-1 2001:db8::1 4000 TO FROM", "C CID-0 NAME.a FROM TO", "RS CID-0 FROM TO",
          "VF 20250523"})
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(parser.outcome(text) == "ok");
        }
    parser.bad("U CID-0 0.0.0.0 0 FROM TO && M4:1 S && M5:1 S", bad_subcommand);
}

BOOST_AUTO_TEST_CASE(unknown_letters_are_refused) {
    command_parsing parser(ipv4_only());
    for (int octet = 1; octet < 256; ++octet) {
        const char letter = static_cast<char>(octet);
        if (std::string_view(" \t\r\nvigxuldpsrcnqVIGXULDPSRCNQ").find(letter) != std::string_view::npos)
            continue;
        parser.bad(std::string(1, letter) + " c 10.0.0.1 1 f", unknown_command);
    }
    parser.bad("FV 20040107", unknown_command);
}

BOOST_AUTO_TEST_CASE(words_are_separated_by_any_white_space) {
    command_parsing parser(ipv4_only());
    const auto update = parser.ok<update_command>(" \t U\tc1\r\n10.1.2.3   4000 \n\n ft1\t \r\n");
    BOOST_TEST(to_text(update.session) == "c1 ft1");
    BOOST_TEST(rtpproxy::test::to_text(update.update.remote) == "10.1.2.3 4000");
    BOOST_TEST(to_text(parser.ok<delete_command>("D c\v\f f\r\n").session) == "c\v\f f");
}

BOOST_AUTO_TEST_CASE(two_ampersands_separate_only_as_a_word) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(parser.ok<delete_command>("D c t&&L").session) == "c t&&L");
    BOOST_TEST(to_text(parser.ok<delete_command>("D c &&& &").session) == "c &&& &");
}

BOOST_AUTO_TEST_CASE(ids_may_hold_any_octets) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(parser.ok<delete_command>("D \xff\xfe;z9hG4bK \xc3(;\x01 :/tcp").session) ==
               "\xff\xfe;z9hG4bK \xc3(;\x01 :/tcp");
}

BOOST_AUTO_TEST_CASE(syntax_errors_come_first) {
    command_parsing parser(ipv4_only());
    for (const auto* text : {"", " ", "\r\n", "&&", "&& D", "V &&", "U c 10.0.0.1 1 f t &&", "? && && ?",
                             "U c 10.0.0.1 1 f t && D &&", "Q c f && && D"})
        parser.bad(text, syntax);
    using namespace std::string_view_literals;
    for (const auto text : {"V\0"sv, "\0"sv, "U c\0d 10.0.0.1 1 f"sv, "? \0"sv, "Q c f && D\0"sv})
        parser.bad(text, syntax);
}

// One error in front of another, in the order in which they have to be reported.
BOOST_AUTO_TEST_CASE(errors_come_in_the_order_of_the_protocol) {
    command_parsing plain(ipv4_only());
    plain.bad("? a &&", syntax);
    plain.bad("? && D", unknown_command);
    plain.bad("Vx y && D", argument_count);
    plain.bad("Xa && D", modifiers_not_allowed);
    plain.bad("Sx c f && D", modifiers_not_allowed);
    plain.bad("Dx s f && D", bad_subcommand);
    plain.bad("Gx nonsense && D", bad_subcommand);
    plain.bad("D s f && D", bad_subcommand);

    plain.bad("Ux c bad.address p f sock %zz && bad", bad_notify_tag);
    plain.bad("Ugarbage c a p f", bad_update_modifier);
    plain.bad("Uie c a p f", bad_internal_interface);
    plain.bad("Uei c a p f", bad_external_interface);
    plain.bad("Uxe c a p f", bad_update_modifier);
    plain.bad("Uzcx c a p f", bad_ptime);
    plain.bad("Ucz c a p f", bad_codec_list);
    plain.bad("Ulr c a p f", bad_local_address);
    plain.bad("Url c a p f", bad_route_address);
    plain.bad("Ul{none}x c a p f", unusable_local_address);
    plain.bad("Ur192.0.2.1x c a p f", no_route);
    plain.bad("U6x c 2001:db8::1 p f", bad_update_modifier);
    plain.bad("U6 c 2001:db8::1 p f && bad", no_address_of_family);
    plain.bad("U c 10.0.0.1 p f t && bad", bad_remote_address);
    plain.bad("U c 10.0.0.1 1 f t && bad", bad_subcommand);
    plain.bad("Lx c 10.0.0.1 p f t && bad", bad_update_modifier);
}

BOOST_AUTO_TEST_CASE(no_lookup_is_answered_7_to_10) {
    command_parsing parser(bridging());
    for (const auto* modifiers :
         {"", "x", "eee", "iii", "z", "c", "l", "r", "l{x}", "r1.1.1.1", "6", "t", "wx"}) {
        for (const auto* arguments :
             {" c", " c 10.0.0.1 p f", " c 10.0.0.1 1 f %zz", " c 10.0.0.1 1 f t && N"}) {
            const auto outcome = parser.outcome("L" + std::string(modifiers) + arguments);
            BOOST_TEST_CONTEXT(modifiers << arguments) {
                for (const auto* number : {"E7", "E8", "E9", "E10"})
                    BOOST_TEST(outcome != number);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(cookie_is_the_first_word) {
    const auto check = [](std::string_view datagram, std::string_view cookie, std::string_view text) {
        BOOST_TEST_CONTEXT(datagram) {
            const auto split = split_cookie(datagram);
            BOOST_TEST(split.cookie == cookie);
            BOOST_TEST(split.command == text);
        }
    };
    check("19729_8013_12 V", "19729_8013_12", "V");
    check("  a\t\n V F \r\n", "a", "V F");
    check("a", "a", "");
    check("a \n", "a", "");
    check("", "", "");
    check(" \r\n\t", "", "");
    check("&& V", "&&", "V");
    check("\xff\xfe D c  t ", "\xff\xfe", "D c  t");
    using namespace std::string_view_literals;
    check("a\0b V"sv, "", "");
    check("a V\0"sv, "a", "V\0"sv);
}
