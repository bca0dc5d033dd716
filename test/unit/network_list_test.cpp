#define BOOST_TEST_MODULE network_list
#include "rtpproxy/net/network_list.hpp"

#include "rtpproxy/control/connection_quota.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;

namespace {

bool in(std::string_view networks, const char* address) {
    const auto read = network_list::parse(networks);
    BOOST_TEST_REQUIRE(read.has_value());
    return read->contains(boost::asio::ip::make_address(address));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(networks)

BOOST_AUTO_TEST_CASE(ipv4) {
    BOOST_TEST(in("192.0.2.0/24", "192.0.2.0"));
    BOOST_TEST(in("192.0.2.0/24", "192.0.2.255"));
    BOOST_TEST(!in("192.0.2.0/24", "192.0.3.0"));
    BOOST_TEST(in("192.0.2.77/24", "192.0.2.1"));  // bits beyond the prefix do not count
    BOOST_TEST(in("192.0.2.7", "192.0.2.7"));
    BOOST_TEST(!in("192.0.2.7", "192.0.2.8"));
    BOOST_TEST(in("192.0.2.8/31", "192.0.2.9"));
    BOOST_TEST(in("0.0.0.0/0", "255.255.255.255"));
    BOOST_TEST(!in("0.0.0.0/0", "::1"));
}

BOOST_AUTO_TEST_CASE(ipv6) {
    BOOST_TEST(in("2001:db8::/32", "2001:db8:ffff::1"));
    BOOST_TEST(!in("2001:db8::/32", "2001:db9::1"));
    BOOST_TEST(in("2001:db8::8/127", "2001:db8::9"));
    BOOST_TEST(in("::1", "::1"));
    BOOST_TEST(!in("::1", "::2"));
    BOOST_TEST(in("::/0", "2001:db8::1"));
    BOOST_TEST(!in("::/0", "192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(ipv4_in_ipv6) {
    BOOST_TEST(in("192.0.2.0/24", "::ffff:192.0.2.9"));
    BOOST_TEST(!in("192.0.2.0/24", "::ffff:192.0.3.9"));
    BOOST_TEST(in("::ffff:192.0.2.0/120", "192.0.2.9"));
    BOOST_TEST(!in("::ffff:192.0.2.0/120", "192.0.3.9"));
    BOOST_TEST(in("::ffff:192.0.2.1", "192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(several) {
    const std::string_view list = "192.0.2.0/24,2001:db8::/32,198.51.100.7";
    for (const auto* address : {"192.0.2.1", "2001:db8::1", "198.51.100.7"})
        BOOST_TEST(in(list, address));
    BOOST_TEST(!in(list, "198.51.100.8"));
    auto both = *network_list::parse("192.0.2.1");
    both.add(*network_list::parse("192.0.2.3"));
    BOOST_TEST(both.contains(boost::asio::ip::make_address("192.0.2.3")));
    BOOST_TEST(!both.contains(boost::asio::ip::make_address("192.0.2.2")));
    BOOST_TEST(network_list().empty());
    BOOST_TEST(network_list().to_string().empty());
    BOOST_TEST(network_list::parse("2001:db8::/32,192.0.2.9/24,::1")->to_string() ==
               "192.0.2.0/24,2001:db8::/32,::1/128");
    BOOST_TEST(!both.empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_network) {
    for (const auto* text :
         {"", ",", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2/24", "2001:db8::/129", "host",
          "192.0.2.1,", "192.0.2.1, 192.0.2.2", "/24", "192.0.2.0/24/8", "::1%lo/128x"}) {
        const auto read = network_list::parse(text);
        BOOST_TEST(read.has_error(), text);
        if (read.has_error()) BOOST_TEST(read.error().find("is not a network") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(quota)

struct hosts {
    connection_quota quota{80};
    control_peer::host_id flooder = control_peer::process(1, 0).host;
    control_peer::host_id other = control_peer::process(2, 0).host;

    int open(const control_peer::host_id& host) {
        int opened = 0;
        while (quota.try_add(host))
            ++opened;
        return opened;
    }
};

BOOST_FIXTURE_TEST_CASE(one_host_leaves_an_eighth_to_the_others, hosts) {
    BOOST_TEST(open(flooder) == 70);
    BOOST_TEST(open(other) == 5);
    BOOST_TEST(quota.total() == 75u);
    BOOST_TEST(quota.try_add(control_peer::process(3, 0).host));
}

BOOST_FIXTURE_TEST_CASE(closed_connections_come_back, hosts) {
    open(flooder);
    quota.remove(flooder);
    BOOST_TEST(quota.try_add(flooder));
    for (int i = 0; i < 70; ++i)
        quota.remove(flooder);
    BOOST_TEST(quota.total() == 0u);
    BOOST_TEST(open(other) == 70);
}

BOOST_AUTO_TEST_CASE(small_limits_are_not_shared_out) {
    connection_quota quota(3);
    const auto host = control_peer::process(1, 0).host;
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(quota.try_add(host));
    BOOST_TEST(!quota.try_add(host));
    BOOST_TEST(!connection_quota(0).try_add(host));
}

BOOST_AUTO_TEST_SUITE_END()
