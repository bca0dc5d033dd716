#define BOOST_TEST_MODULE leg_update
#include "support/command_parsing.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;
using enum protocol_error;
using side = local_addresses::interface;

namespace {

/// `U<modifiers>` with an IPv4 description; `L` has to say the same.
leg_update modified(command_parsing& parser, const std::string& modifiers) {
    const std::string arguments = " c 10.0.0.9 4000 f t";
    BOOST_TEST(parser.outcome("L" + modifiers + arguments) == "ok");
    return parser.ok<update_command>("U" + modifiers + arguments).update;
}

void bad_modifier(command_parsing& parser, const std::string& modifiers, protocol_error error) {
    parser.bad("U" + modifiers + " c 10.0.0.9 4000 f", error);
    parser.bad("L" + modifiers + " c 10.0.0.9 4000 f t", error);
}

leg_update described(command_parsing& parser, const std::string& modifiers,
                     const std::string& address_and_port) {
    return parser.ok<update_command>("U" + modifiers + " c " + address_and_port + " f").update;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_modifiers_leave_everything_at_its_default) {
    command_parsing parser(ipv4_only());
    const auto update = modified(parser, "");
    BOOST_TEST(!update.weak);
    BOOST_TEST(!update.new_port);
    BOOST_TEST(!update.asymmetric.has_value());
    BOOST_TEST(update.interfaces.empty());
    BOOST_TEST(!update.local);
    BOOST_TEST(update.codecs.empty());
    BOOST_TEST(!update.ptime.has_value());
    BOOST_TEST(!update.caller_inactivity.has_value());
    BOOST_TEST(!update.callee_inactivity.has_value());
    BOOST_TEST(to_text(update.remote) == "10.0.0.9 4000");
    BOOST_TEST(!update.hold);
}

BOOST_AUTO_TEST_CASE(flags_work_in_either_case) {
    command_parsing parser(ipv4_only());
    for (const auto* text : {"wn", "WN", "nW"}) {
        const auto update = modified(parser, text);
        BOOST_TEST(update.weak);
        BOOST_TEST(update.new_port);
    }
}

BOOST_AUTO_TEST_CASE(last_of_asymmetric_and_symmetric_wins) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(modified(parser, "a").asymmetric.value());
    BOOST_TEST(modified(parser, "A").asymmetric.value());
    BOOST_TEST(!modified(parser, "s").asymmetric.value());
    BOOST_TEST(modified(parser, "sa").asymmetric.value());
    BOOST_TEST(!modified(parser, "aS").asymmetric.value());
}

BOOST_AUTO_TEST_CASE(codecs_are_kept_as_written) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(modified(parser, "c0,8,101").codecs == "0,8,101");
    BOOST_TEST(modified(parser, "C18w").codecs == "18");
    BOOST_TEST(modified(parser, "c,").codecs == ",");
    for (const auto* text : {"c", "ca", "c0c8", "c,c,"})
        bad_modifier(parser, text, bad_codec_list);
}

BOOST_AUTO_TEST_CASE(ptime_is_1_to_999_milliseconds) {
    command_parsing parser(ipv4_only());
    BOOST_TEST((modified(parser, "z20").ptime == 20ms));
    BOOST_TEST((modified(parser, "Z1").ptime == 1ms));
    BOOST_TEST((modified(parser, "z999").ptime == 999ms));
    BOOST_TEST((modified(parser, "z+30").ptime == 30ms));
    BOOST_TEST((modified(parser, "z00000000000000000020").ptime == 20ms));
    BOOST_TEST((modified(parser, "z20z40").ptime == 40ms));
    for (const auto* text : {"z", "z0", "z-5", "z+", "z++5", "z1000", "z99999999999999999999", "zc0"})
        bad_modifier(parser, text, bad_ptime);
}

BOOST_AUTO_TEST_CASE(inactivity_limit_of_caller_and_callee_differ_by_case) {
    command_parsing parser(ipv4_only());
    const auto caller = modified(parser, "c0,8,101t30");
    BOOST_TEST((caller.caller_inactivity == 30s));
    BOOST_TEST(!caller.callee_inactivity.has_value());
    BOOST_TEST(caller.codecs == "0,8,101");
    const auto callee = modified(parser, "T5");
    BOOST_TEST((callee.callee_inactivity == 5s));
    BOOST_TEST(!callee.caller_inactivity.has_value());
    const auto both = modified(parser, "t0T999999999");
    BOOST_TEST((both.caller_inactivity == 0s));
    BOOST_TEST((both.callee_inactivity == 999999999s));
    for (const auto* text :
         {"t", "T", "tw", "t-1", "t+1", "t1000000000", "T4294967296", "t99999999999999999999"})
        bad_modifier(parser, text, bad_update_modifier);
}

BOOST_AUTO_TEST_CASE(unknown_modifiers_are_refused) {
    command_parsing parser(ipv4_only());
    for (int octet = 1; octet < 256; ++octet) {
        const char letter = static_cast<char>(octet);
        if (std::string_view(" \t\r\n6asneilrwzctASNEILRWZCT").find(letter) != std::string_view::npos)
            continue;
        bad_modifier(parser, std::string(1, letter), bad_update_modifier);
    }
    for (const auto* text : {"opbd", "w4", "c0,8;", "z20\xa7\xc7Uc96,97"})
        bad_modifier(parser, text, bad_update_modifier);
}

BOOST_AUTO_TEST_CASE(local_address_is_numeric_or_a_label) {
    command_parsing parser(labelled());
    BOOST_TEST(to_text(modified(parser, "l127.0.0.9").local) == "127.0.0.9");
    BOOST_TEST(to_text(modified(parser, "L[2001:DB8::7]").local) == "2001:db8::7");
    BOOST_TEST(to_text(modified(parser, "l{foo}").local) == "127.0.0.5");
    BOOST_TEST(to_text(modified(parser, "l{six}").local) == "::1");
    const auto glued = modified(parser, "l127.0.0.1z20a");
    BOOST_TEST(to_text(glued.local) == "127.0.0.1");
    BOOST_TEST((glued.ptime == 20ms));
    BOOST_TEST(glued.asymmetric.value());
    BOOST_TEST(modified(parser, "l[::1]w").weak);
    BOOST_TEST(modified(parser, "l{foo}w").weak);
    for (const auto* text :
         {"l", "lw", "l[", "l[]", "l[::1", "l[::1}", "l[fe80::1%lo]", "l[1.2.3.4]", "l{foo", "l{}", "l{"})
        bad_modifier(parser, text, bad_local_address);
    for (const auto* text : {"l1.2.3", "l.", "l1.2.3.400", "l1.2.3.4.5", "l[abc]", "l[:::]", "l[12345::]",
                             "l{bar}", "l{FOO}", "l{127.0.0.1}"})
        bad_modifier(parser, text, unusable_local_address);
}

BOOST_AUTO_TEST_CASE(local_address_named_by_the_controller_is_remembered) {
    command_parsing parser(ipv4_only());
    parser.bad("U6 c 2001:db8::1 4000 f", no_address_of_family);
    const auto named = described(parser, "6l[2001:db8::7]", "2001:db8::1 4000").local;
    BOOST_TEST((described(parser, "6l[2001:db8::7]", "2001:db8::1 4000").local == named));
    BOOST_TEST((described(parser, "6", "2001:db8::1 4000").local == named));
    BOOST_TEST(parser.addresses.all().size() == 2U);
}

BOOST_AUTO_TEST_CASE(route_address_picks_the_local_address_towards_it) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(to_text(modified(parser, "r10.1.1.1c8,101").local) == "10.255.0.1");
    BOOST_TEST(to_text(modified(parser, "R[2001:db8::1]").local) == "2001:db8::ffff");
    BOOST_TEST(parser.addresses.all().size() == 3U);
    for (const auto* text : {"r", "rc0", "r[]", "r[::1", "r{foo}"})
        bad_modifier(parser, text, bad_route_address);
    for (const auto* text : {"r192.0.2.1", "r10.1.1", "r[::1]", "r2001:db8::1c8,101"})
        bad_modifier(parser, text, no_route);
}

BOOST_AUTO_TEST_CASE(no_route_lookup_means_no_route) {
    auto addresses = ipv4_only();
    const auto result = parse_command("Ur10.0.0.1 c 10.0.0.1 1000 f", {addresses, nullptr});
    BOOST_TEST((result.error() == no_route));
}

BOOST_AUTO_TEST_CASE(last_of_local_and_route_wins) {
    command_parsing parser(labelled());
    BOOST_TEST(to_text(modified(parser, "l127.0.0.9r10.1.1.1").local) == "10.255.0.1");
    BOOST_TEST(to_text(modified(parser, "r10.1.1.1l127.0.0.9").local) == "127.0.0.9");
    BOOST_TEST(to_text(modified(parser, "l127.0.0.9l{foo}").local) == "127.0.0.5");
}

BOOST_AUTO_TEST_CASE(interfaces_need_bridging) {
    command_parsing parser(labelled());
    bad_modifier(parser, "e", bad_external_interface);
    bad_modifier(parser, "i", bad_internal_interface);
    bad_modifier(parser, "ei", bad_external_interface);
    bad_modifier(parser, "ie", bad_internal_interface);
}

BOOST_AUTO_TEST_CASE(interfaces_are_kept_in_their_order) {
    command_parsing parser(bridging());
    using sides = decltype(leg_update::interfaces);
    BOOST_TEST((modified(parser, "ei").interfaces == sides{side::external, side::internal}));
    BOOST_TEST((modified(parser, "IE").interfaces == sides{side::internal, side::external}));
    BOOST_TEST((modified(parser, "e").interfaces == sides{side::external}));
    BOOST_TEST((modified(parser, "ii").interfaces == sides{side::internal, side::internal}));
    bad_modifier(parser, "eie", bad_external_interface);
    bad_modifier(parser, "eei", bad_internal_interface);
    const auto overridden = modified(parser, "eil127.0.0.9");
    BOOST_TEST(overridden.interfaces.size() == 2U);
    BOOST_TEST(to_text(overridden.local) == "127.0.0.9");
}

BOOST_AUTO_TEST_CASE(family_of_the_description_picks_the_local_address) {
    command_parsing both(labelled());
    BOOST_TEST(to_text(described(both, "", "10.0.0.1 4000").local) == "none");
    BOOST_TEST(to_text(described(both, "6", "2001:db8::1 4000").local) == "::1");
    BOOST_TEST(to_text(described(both, "6l{foo}", "2001:db8::5 1000").local) == "127.0.0.5");
    both.bad("U6l{none} c 2001:db8::5 1000 f", unusable_local_address);

    command_parsing six(ipv6_only());
    BOOST_TEST(to_text(described(six, "6", "2001:db8::1 4000").local) == "none");
    six.bad("U c2 10.0.0.1 1000 f", no_address_of_family);
    six.bad("L c2 10.0.0.1 1000 f", no_address_of_family);
    BOOST_TEST(to_text(described(six, "l127.0.0.1", "10.0.0.1 1000").local) == "127.0.0.1");

    command_parsing four(ipv4_only());
    four.bad("U6 c 2001:db8::1 4000 f", no_address_of_family);
}

BOOST_AUTO_TEST_CASE(family_rule_yields_to_chosen_interfaces) {
    command_parsing parser(bridging());
    BOOST_TEST(to_text(described(parser, "EI6c0,8,101", "2001:db8::1 20000").local) == "none");
    BOOST_TEST(to_text(described(parser, "6", "2001:db8::1 20000").local) == "::1");
}

BOOST_AUTO_TEST_CASE(six_may_be_repeated) {
    command_parsing parser(bridging());
    BOOST_TEST(to_text(described(parser, "EI66c96,97", "2001:db8::1 20002").remote) == "2001:db8::1 20002");
    BOOST_TEST(to_text(described(parser, "66c96,97", "2001:db8::1 20002").local) == "::1");
}

BOOST_AUTO_TEST_CASE(all_zero_address_is_hold) {
    command_parsing parser(labelled());
    for (const auto& [modifiers, description] : {std::pair{"", "0.0.0.0 20000"},
                                                 {"", "0.0.0.0 0"},
                                                 {"6", ":: 4000"},
                                                 {"6", "0:0:0:0:0:0:0:0 4000"}}) {
        const auto update = described(parser, modifiers, description);
        BOOST_TEST(update.hold);
        BOOST_TEST(to_text(update.remote) == "none");
    }
}

BOOST_AUTO_TEST_CASE(port_0_with_an_address_is_not_hold) {
    command_parsing parser(ipv4_only());
    const auto update = described(parser, "c96", "127.0.0.11 0");
    BOOST_TEST(!update.hold);
    BOOST_TEST(to_text(update.remote) == "127.0.0.11 0");
}

BOOST_AUTO_TEST_CASE(numeric_addresses_are_read) {
    command_parsing parser(labelled());
    BOOST_TEST(to_text(described(parser, "", "1.2.3.4 65535").remote) == "1.2.3.4 65535");
    BOOST_TEST(to_text(described(parser, "", "255.255.255.255 00001").remote) == "255.255.255.255 1");
    BOOST_TEST(to_text(described(parser, "6", "::5 4000").remote) == "::5 4000");
    BOOST_TEST(to_text(described(parser, "6", "2001:DB8:0:0:0:0:0:7 4000").remote) == "2001:db8::7 4000");
    BOOST_TEST(to_text(described(parser, "6", "::ffff:10.0.0.1 4000").remote) == "::ffff:10.0.0.1 4000");
}

BOOST_AUTO_TEST_CASE(text_of_implausible_length_is_ignored) {
    command_parsing parser(labelled());
    const std::string long_name(46, 'a');
    for (const auto& [modifiers, description] : {std::pair<std::string, std::string>{"", "1.2.34 4000"},
                                                 {"", "relay.example.com 4000"},
                                                 {"", "- x"},
                                                 {"", "2001:db8:0:0:0:0:0:7 4000"},
                                                 {"6", "x 4000"},
                                                 {"6", long_name + " port"}}) {
        BOOST_TEST_CONTEXT(description) {
            const auto update = described(parser, modifiers, description);
            BOOST_TEST(!update.hold);
            BOOST_TEST(to_text(update.remote) == "none");
        }
    }
}

BOOST_AUTO_TEST_CASE(text_of_plausible_length_must_be_an_address_and_a_port) {
    command_parsing parser(labelled());
    for (const auto* text :
         {"U c hostname 4000 f", "U c 1.2.3.400 4000 f", "U c 2001:db8::1 4000 f", "U c 10.1.258 4000 f",
          "U6 c 10.0.0.1 4000 f", "U6 c zz 4000 f", "U6 c 1::2::3 4000 f", "U6 c fe80::1%1 4000 f",
          "U c 10.0.0.1 65536 f", "U c 10.0.0.1 -1 f", "U c 10.0.0.1 +1 f", "U c 10.0.0.1 port f",
          "U c 10.0.0.1 4000x f", "U c 10.0.0.1 99999999999999999999 f", "U c 0.0.0.0 x f", "U6 c :: 65536 f",
          "L c 10.0.0.256 4000 f t", "L6 c 10.0.0.1 4000 f t"})
        parser.bad(text, bad_remote_address);
}
