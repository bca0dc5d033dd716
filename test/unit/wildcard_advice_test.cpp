#define BOOST_TEST_MODULE wildcard_advice
#include "rtpproxy/engine/wildcard_advice.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>

using namespace rtpproxy;

namespace {

std::vector<std::string> advice(std::initializer_list<const char*> used,
                                std::initializer_list<const char*> of_host) {
    std::vector<local_address_ptr> listening;
    for (const auto* each : used)
        listening.push_back(std::make_shared<local_address>(
            local_address{.address = boost::asio::ip::make_address(each), .advertised = {}, .label = {}}));
    std::vector<boost::asio::ip::address> addresses;
    for (const auto* each : of_host)
        addresses.push_back(boost::asio::ip::make_address(each));
    return advice_on_wildcards(listening, addresses);
}

}  // namespace

BOOST_AUTO_TEST_CASE(several_addresses_of_the_family_are_named_with_the_option) {
    const auto said = advice({"0.0.0.0"}, {"127.0.0.1", "192.0.2.1", "192.0.2.2", "2001:db8::1"});
    BOOST_REQUIRE(said.size() == 1u);
    BOOST_TEST(said[0].find("2 addresses, 192.0.2.1, 192.0.2.2:") != std::string::npos);
    BOOST_TEST(said[0].ends_with("with -l"));
    const auto of_ipv6 = advice({"::"}, {"192.0.2.1", "192.0.2.2", "2001:db8::1", "fd00::1"});
    BOOST_REQUIRE(of_ipv6.size() == 1u);
    BOOST_TEST(of_ipv6[0].ends_with("with -6"));
}

BOOST_AUTO_TEST_CASE(both_families_and_many_addresses) {
    const auto said = advice({"0.0.0.0", "::", "0.0.0.0"}, {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4",
                                                            "10.0.0.5", "fd00::1", "fd00::2"});
    BOOST_REQUIRE(said.size() == 2u);
    BOOST_TEST(said[0].find("10.0.0.4 and 1 more:") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nothing_is_said_where_there_is_no_choice) {
    BOOST_TEST(advice({"0.0.0.0"}, {"127.0.0.1", "127.0.0.2", "169.254.1.1", "192.0.2.1"}).empty());
    BOOST_TEST(advice({"::"}, {"::1", "fe80::1", "fe80::2", "2001:db8::1"}).empty());
    BOOST_TEST(advice({"192.0.2.1"}, {"192.0.2.1", "192.0.2.2"}).empty());
    BOOST_TEST(advice({"0.0.0.0"}, {}).empty());
}
