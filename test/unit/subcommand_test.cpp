#define BOOST_TEST_MODULE subcommand
#include "support/command_parsing.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using namespace rtpproxy::test;
using enum protocol_error;

namespace {

const std::string update = "U c 10.0.0.1 1000 f t && ";

/// The one sub-command of kind `Kind` of a `U` that names both parties.
template <class Kind>
Kind only(command_parsing& parser, const std::string& text) {
    const auto main = parser.ok<update_command>(update + text);
    BOOST_TEST_REQUIRE(main.subcommands.size() == 1U);
    BOOST_TEST_REQUIRE(std::holds_alternative<Kind>(main.subcommands.front()));
    return std::get<Kind>(main.subcommands.front());
}

}  // namespace

BOOST_AUTO_TEST_CASE(set_takes_ttl_or_tos) {
    command_parsing parser(ipv4_only());
    using enum set_parameter::parameter;
    const auto set = only<set_parameter>(parser, "S ttl=77");
    BOOST_TEST((set.name == ttl));
    BOOST_TEST(set.value == 77U);
    BOOST_TEST(!set.reverse);
    BOOST_TEST((only<set_parameter>(parser, "s tos=184").name == tos));
    BOOST_TEST(only<set_parameter>(parser, "S ttl=4294967295").value == 4294967295U);
    for (const auto* text : {"S", "S ttl", "S ttl=", "S ttl=0", "S tos=0", "S ttl=-1", "S ttl=5x",
                             "S ttl=4294967296", "S TTL=5", "S tos =5", "S x=5", "S ttl=5 tos=5", "S ttl=+"})
        parser.bad(update + text, bad_subcommand);
}

BOOST_AUTO_TEST_CASE(set_takes_any_one_letter_for_a_direction) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(only<set_parameter>(parser, "Sr ttl=5").reverse);
    BOOST_TEST(only<set_parameter>(parser, "SR ttl=5").reverse);
    BOOST_TEST(!only<set_parameter>(parser, "Sx ttl=5").reverse);
    parser.bad(update + "Srr ttl=5", bad_subcommand);
}

BOOST_AUTO_TEST_CASE(delete_takes_only_weak) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(!only<delete_this>(parser, "D").weak);
    BOOST_TEST(only<delete_this>(parser, "dW").weak);
    for (const auto* text : {"Dx", "Dwx", "D f"})
        parser.bad(update + text, bad_subcommand);
}

BOOST_AUTO_TEST_CASE(second_leg_is_read_like_a_lookup) {
    command_parsing parser(labelled());
    const auto leg = only<add_leg>(parser, "L6l{six}wn 2001:db8::7 2000").update;
    BOOST_TEST(to_text(leg.local) == "::1");
    BOOST_TEST(to_text(leg.remote) == "2001:db8::7 2000");
    BOOST_TEST(leg.weak);
    BOOST_TEST(leg.new_port);
    for (const auto* text :
         {"L", "L 10.0.0.2", "L 10.0.0.2 2000 f", "Lq 10.0.0.2 2000", "Le 10.0.0.2 2000", "L 10.0.0.2 port",
          "Ll{none} 10.0.0.2 2000", "Lz 10.0.0.2 2000", "Lt 10.0.0.2 2000"})
        parser.bad(update + text, bad_subcommand);
}

BOOST_AUTO_TEST_CASE(copy_names_another_session) {
    command_parsing parser(ipv4_only());
    const auto source = only<copy_from>(parser, "C other of;1 ot;1").source;
    BOOST_TEST(source.call_id == "other");
    BOOST_TEST(source.from_tag == "of;1");
    BOOST_TEST(source.to_tag.value() == "ot;1");
    for (const auto* text : {"C", "C other f", "C other f t u", "Cs other f t"})
        parser.bad(update + text, bad_subcommand);
}

BOOST_AUTO_TEST_CASE(module_call_names_a_known_instance) {
    command_parsing parser(ipv4_only());
    const auto call = only<module_call>(parser, "M3:1 Dd74e.4fad1a24 101 h");
    BOOST_TEST(call.module == 3U);
    BOOST_TEST(call.instance == 1U);
    BOOST_TEST(call.arguments == (std::vector<std::string>{"Dd74e.4fad1a24", "101", "h"}),
               boost::test_tools::per_element());
    BOOST_TEST(only<module_call>(parser, "m3:1").arguments.empty());
    for (const auto* text :
         {"M", "M3", "M3:", "M:1", "M3:2 a", "M4:1 S", "M5:1 S", "M0:1 a", "M3:0 a", "M3:1x a", "M-3:1 a",
          "M3:+1 a", "M99999999999999999999:1 a", "M3:99999999999999999999 a", "M3.1 a", "M33:1"})
        parser.bad(update + text, bad_subcommand);
}

BOOST_AUTO_TEST_CASE(leg_and_copy_need_an_update_with_both_tags) {
    command_parsing parser(ipv4_only());
    for (const auto* text : {"L 10.0.0.2 2000", "C other f t"}) {
        BOOST_TEST(parser.outcome(update + text) == "ok");
        parser.bad("U c 10.0.0.1 1000 f && " + std::string(text), bad_subcommand);
        parser.bad("U c 10.0.0.1 1000 f sock tag && " + std::string(text), bad_subcommand);
        BOOST_TEST(parser.outcome("U c 10.0.0.1 1000 f t sock tag && " + std::string(text)) == "ok");
        parser.bad("L c 10.0.0.1 1000 f t && " + std::string(text), bad_subcommand);
        parser.bad("Q c f t && " + std::string(text), bad_subcommand);
    }
}

BOOST_AUTO_TEST_CASE(set_delete_and_module_go_with_update_lookup_and_query) {
    command_parsing parser(ipv4_only());
    for (const auto* main : {"U c 10.0.0.1 1000 f", "L c 10.0.0.1 1000 f", "Q c f"}) {
        for (const auto* text : {"S ttl=5", "D", "Dw", "M3:1 tag"})
            BOOST_TEST(parser.outcome(std::string(main) + " && " + text) == "ok");
    }
}

BOOST_AUTO_TEST_CASE(other_commands_take_no_subcommands) {
    command_parsing parser(ipv4_only());
    for (const auto* main :
         {"V", "VF 20040107", "I", "G", "X", "D s f", "P c p 0 f", "S c f", "R c f", "C c n f", "N c f"}) {
        BOOST_TEST(parser.outcome(main) == "ok");
        parser.bad(std::string(main) + " && D", bad_subcommand);
    }
}

BOOST_AUTO_TEST_CASE(unknown_subcommands_are_refused) {
    command_parsing parser(ipv4_only());
    for (const auto* text : {"U c 10.0.0.1 1 f t", "Q c f", "V", "X", "&", "&&&", "7", "\xff"})
        parser.bad(update + text, bad_subcommand);
}

BOOST_AUTO_TEST_CASE(subcommands_keep_their_order) {
    command_parsing parser(ipv4_only());
    const auto main =
        parser.ok<update_command>(update + "L 10.0.0.2 2000 && S tos=5 && D && C a b c && M3:1 t");
    BOOST_TEST_REQUIRE(main.subcommands.size() == 5U);
    BOOST_TEST(std::holds_alternative<add_leg>(main.subcommands[0]));
    BOOST_TEST(std::holds_alternative<set_parameter>(main.subcommands[1]));
    BOOST_TEST(std::holds_alternative<delete_this>(main.subcommands[2]));
    BOOST_TEST(std::holds_alternative<copy_from>(main.subcommands[3]));
    BOOST_TEST(std::holds_alternative<module_call>(main.subcommands[4]));
    BOOST_TEST(parser.ok<lookup_command>("L c 10.0.0.2 2000 f t && S ttl=5 && D").subcommands.size() == 2U);
    BOOST_TEST(parser.ok<query_command>("Q c f t ttl && S ttl=77").subcommands.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_bad_subcommand_fails_the_command) {
    command_parsing parser(ipv4_only());
    parser.bad(update + "S ttl=5 && D && S ttl=0", bad_subcommand);
    parser.bad(update + "S ttl=0 && S ttl=5", bad_subcommand);
}
