#define BOOST_TEST_MODULE listen_address
#include "rtpproxy/app/listen_address.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

using namespace rtpproxy;

namespace {

/// The value of a result that must have one.
template <typename Result>
auto ok(const Result& result) {
    BOOST_REQUIRE(result.has_value());
    return *result;
}

using argument = std::pair<char, std::string>;  // 'l' or '6', as on the command line

boost::system::result<listen_plan, listen_failure> plan(const std::vector<argument>& arguments,
                                                        std::optional<std::string> advertised = {}) {
    std::vector<listen_spec> specs;
    for (const auto& [letter, text] : arguments) {
        auto spec = parse_listen(letter == '6' ? address_family::ipv6 : address_family::ipv4, text);
        BOOST_REQUIRE_MESSAGE(spec.has_value(), text);
        specs.push_back(*spec);
    }
    std::optional<advertised_spec> announce;
    if (advertised) announce = ok(parse_advertised(*advertised));
    return plan_listen_addresses(specs, announce, read_numeric_host);
}

std::string describe(const listen_plan& p) {
    std::string text = p.bridging ? "bridge" : "plain";
    for (const auto& a : p.addresses) {
        text += ' ';
        if (!a.label.empty()) text += a.label + '@';
        text += a.address.to_string();
        if (!a.advertised.empty()) text += '=' + a.advertised;
    }
    return text;
}

struct good_case {
    std::vector<argument> arguments;
    std::optional<std::string> advertised;
    std::string expected;
};

struct bad_case {
    std::vector<argument> arguments;
    std::optional<std::string> advertised;
    std::optional<std::size_t> culprit;
    std::string reason;
};

}  // namespace

BOOST_AUTO_TEST_CASE(splits_label_addresses_and_advertised_address) {
    const auto spec = ok(parse_listen(address_family::ipv6, "red@2001:db8::1=sip.example.org"));
    BOOST_TEST(spec.label == "red");
    BOOST_TEST(spec.internal == "2001:db8::1");
    BOOST_TEST(spec.advertised == "sip.example.org");
    BOOST_TEST(!spec.bridging);
    BOOST_TEST((spec.family == address_family::ipv6));
}

BOOST_AUTO_TEST_CASE(a_slash_separates_the_sides_of_a_bridge_either_of_which_may_be_missing) {
    const auto both = ok(parse_listen(address_family::ipv4, "10.0.0.1/192.0.2.1"));
    BOOST_TEST(both.bridging);
    BOOST_TEST(both.internal == "10.0.0.1");
    BOOST_TEST(both.external == "192.0.2.1");
    BOOST_TEST(ok(parse_listen(address_family::ipv4, "/192.0.2.1")).internal == "");
    BOOST_TEST(ok(parse_listen(address_family::ipv4, "10.0.0.1/")).external == "");
}

BOOST_AUTO_TEST_CASE(refuses_malformed_arguments) {
    for (const auto* text : {"", "/", "a@", "@10.0.0.1", "a b@10.0.0.1", "a}@10.0.0.1",
                             "10.0.0.1=", "=1.2.3.4", "10.0.0.1=a b", "10.0.0.1=a\nb"})
        BOOST_TEST(parse_listen(address_family::ipv4, text).has_error(), text);
    BOOST_TEST(parse_listen(address_family::ipv4, "10.0.0.1=" + std::string(256, 'a')).has_error());
    for (const auto* text : {"", "/", "1.2.3.4/", "/1.2.3.4", "a b", "a/b c"})
        BOOST_TEST(parse_advertised(text).has_error(), text);
}

BOOST_AUTO_TEST_CASE(plans_addresses_in_their_order) {
    const std::vector<good_case> cases{
        {{{'l', "*"}}, {}, "plain 0.0.0.0"},
        {{{'l', "0.0.0.0"}}, {}, "plain 0.0.0.0"},
        {{{'6', "*"}}, {}, "plain ::"},
        {{{'6', "[::1]"}}, {}, "plain ::1"},
        {{{'l', "127.0.0.1"}, {'6', "six@::1"}}, {}, "plain 127.0.0.1 six@::1"},
        {{{'6', "::1"}, {'l', "four@127.0.0.1"}}, {}, "plain ::1 four@127.0.0.1"},
        {{{'l', "a@127.0.0.1=1.2.3.4"}, {'l', "b@127.0.0.2"}}, {}, "plain a@127.0.0.1=1.2.3.4 b@127.0.0.2"},
        {{{'l', "10.0.0.1/192.0.2.1"}}, {}, "bridge 10.0.0.1 192.0.2.1"},
        {{{'l', "10.0.0.1"}, {'6', "/2001:db8::1"}}, {}, "bridge 10.0.0.1 2001:db8::1"},
        {{{'6', "/2001:db8::1"}, {'l', "10.0.0.1"}}, {}, "bridge 10.0.0.1 2001:db8::1"},
        {{{'l', "/10.0.0.1"}, {'6', "2001:db8::1"}}, {}, "bridge 2001:db8::1 10.0.0.1"},
        {{{'l', "10.0.0.1/"}, {'6', "/2001:db8::1"}}, {}, "bridge 10.0.0.1 2001:db8::1"},
        {{{'l', "10.0.0.1/192.0.2.1"}, {'l', "x@127.0.0.1=5.5.5.5"}, {'6', "y@::1"}},
         {},
         "bridge 10.0.0.1 192.0.2.1 x@127.0.0.1=5.5.5.5 y@::1"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.expected) {
            const auto planned = plan(c.arguments, c.advertised);
            BOOST_REQUIRE(planned.has_value());
            BOOST_TEST(describe(*planned) == c.expected);
            BOOST_TEST(planned->warnings.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(announces_the_advertised_address) {
    const std::vector<good_case> cases{
        {{{'l', "10.0.0.1"}}, "1.2.3.4", "plain 10.0.0.1=1.2.3.4"},
        {{{'l', "10.0.0.1=9.9.9.9"}, {'l', "b@10.0.0.2"}},
         "1.2.3.4",
         "plain 10.0.0.1=9.9.9.9 b@10.0.0.2=1.2.3.4"},
        {{{'l', "10.0.0.1"}, {'6', "b@::1"}}, "1.2.3.4", "plain 10.0.0.1=1.2.3.4 b@::1"},
        {{{'l', "10.0.0.1"}, {'6', "b@::1"}},
         "host.example",
         "plain 10.0.0.1=host.example b@::1=host.example"},
        {{{'l', "10.0.0.1/10.0.0.2"}, {'l', "b@10.0.0.3"}},
         "1.1.1.1/2.2.2.2",
         "bridge 10.0.0.1=1.1.1.1 10.0.0.2=2.2.2.2 b@10.0.0.3"},
    };
    for (const auto& c : cases)
        BOOST_TEST(describe(ok(plan(c.arguments, c.advertised))) == c.expected);
}

BOOST_AUTO_TEST_CASE(says_which_advertised_address_has_no_effect) {
    const auto wildcard = ok(plan({{'l', "*"}}, "1.2.3.4"));
    BOOST_TEST(describe(wildcard) == "plain 0.0.0.0");
    BOOST_TEST(wildcard.warnings.size() == 1);
    const auto second = ok(plan({{'l', "10.0.0.1"}}, "1.2.3.4/5.6.7.8"));
    BOOST_TEST(describe(second) == "plain 10.0.0.1=1.2.3.4");
    BOOST_TEST(second.warnings.size() == 1);
}

BOOST_AUTO_TEST_CASE(names_the_argument_that_breaks_a_rule) {
    const std::vector<bad_case> cases{
        {{{'l', "10.0.0.1"}, {'l', "10.0.0.2"}}, {}, 1, "every address after the first needs a label"},
        {{{'l', "10.0.0.1"}, {'6', "::1"}}, {}, 1, "every address after the first needs a label"},
        {{{'l', "10.0.0.1"}, {'l', "a@10.0.0.2"}, {'6', "a@::1"}}, {}, 2, "in use already"},
        {{{'l', "10.0.0.1"}, {'l', "10.0.0.2/10.0.0.3"}},
         {},
         1,
         "in the first listen and the first listen6 only"},
        {{{'l', "a@10.0.0.1/10.0.0.2"}}, {}, 0, "takes no label"},
        {{{'l', "10.0.0.1/10.0.0.2=1.2.3.4"}}, {}, 0, "takes no '=ADV'"},
        {{{'l', "10.0.0.1=1.2.3.4"}, {'6', "/::1"}}, {}, 0, "takes no '=ADV'"},
        {{{'l', "/10.0.0.2"}}, {}, 0, "needs an internal address"},
        {{{'l', "10.0.0.2/"}}, {}, 0, "needs an external address"},
        {{{'l', "a@10.0.0.2"}, {'6', "/::1"}}, {}, 1, "needs an internal address"},
        {{{'l', "10.0.0.1/10.0.0.2"}, {'6', "::1"}}, {}, 1, "exactly one internal address"},
        {{{'l', "10.0.0.1/10.0.0.2"}, {'6', "/::1"}}, {}, 1, "exactly one external address"},
        {{{'l', "10.0.0.1/10.0.0.2"}, {'l', "10.0.0.3"}}, {}, 1, "needs a label"},
        {{{'l', "10.0.0.1/10.0.0.2"}}, "1.2.3.4", {}, "two advertised addresses"},
        {{{'l', "::1"}}, {}, 0, "is an IPv6 address, expected an IPv4 one"},
        {{{'6', "127.0.0.1"}}, {}, 0, "is an IPv4 address, expected an IPv6 one"},
        {{{'l', "10.0.0.256"}}, {}, 0, "not a numeric address"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.arguments.back().second + " " + c.reason) {
            const auto planned = plan(c.arguments, c.advertised);
            BOOST_REQUIRE(planned.has_error());
            BOOST_TEST((planned.error().index == c.culprit));
            BOOST_TEST(planned.error().reason.find(c.reason) != std::string::npos, planned.error().reason);
        }
    }
}

BOOST_AUTO_TEST_CASE(takes_sixteen_addresses_and_no_more) {
    std::vector<argument> arguments{{'l', "127.0.0.1"}};
    for (int i = 2; i <= 16; ++i)
        arguments.emplace_back('l', "label" + std::to_string(i) + "@127.0.0." + std::to_string(i));
    BOOST_TEST(ok(plan(arguments)).addresses.size() == 16);
    arguments.emplace_back('6', "x@::1");
    BOOST_TEST(plan(arguments).error().index.value() == 16);
}

BOOST_AUTO_TEST_CASE(resolves_names_only_where_allowed) {
    BOOST_TEST(ok(resolve_host(address_family::ipv4, "localhost")).is_loopback());
    BOOST_TEST(read_numeric_host(address_family::ipv4, "localhost").has_error());
    BOOST_TEST(resolve_host(address_family::ipv4, "::1").has_error());
}
