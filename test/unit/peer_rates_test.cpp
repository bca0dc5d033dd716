#define BOOST_TEST_MODULE peer_rates
#include "rtpproxy/control/peer_rates.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

control_peer::host_id host(std::uint32_t number) {
    return control_peer::at(boost::asio::ip::address_v4(number), 1).host;
}

const time_point start{1h};

int taken_at_once(peer_rates& rates, std::uint32_t number, time_point now) {
    int taken = 0;
    while (taken < 10000 && rates.try_take(host(number), now))
        ++taken;
    return taken;
}

}  // namespace

BOOST_AUTO_TEST_CASE(zero_is_no_limit) {
    BOOST_TEST(!peer_rates(0).limited());
    BOOST_TEST(peer_rates(1).limited());
}

BOOST_AUTO_TEST_CASE(a_second_s_worth_at_once_then_the_rate) {
    peer_rates rates(100);
    BOOST_TEST(taken_at_once(rates, 1, start) == 100);
    BOOST_TEST(taken_at_once(rates, 1, start + 9ms) == 0);
    BOOST_TEST(taken_at_once(rates, 1, start + 50ms) == 5);
    BOOST_TEST(taken_at_once(rates, 1, start + 10s) == 100);
}

BOOST_AUTO_TEST_CASE(hosts_do_not_share) {
    peer_rates rates(10);
    BOOST_TEST(taken_at_once(rates, 1, start) == 10);
    BOOST_TEST(taken_at_once(rates, 2, start) == 10);
}

BOOST_AUTO_TEST_CASE(reservations_say_how_long_to_wait) {
    peer_rates rates(10);
    for (int i = 0; i < 10; ++i)
        BOOST_TEST((rates.reserve(host(1), start) <= duration::zero()));
    BOOST_TEST((rates.reserve(host(1), start) == 100ms));
    BOOST_TEST((rates.reserve(host(1), start) == 200ms));
    BOOST_TEST((rates.reserve(host(1), start + 300ms) <= duration::zero()));
}

BOOST_AUTO_TEST_CASE(silent_hosts_are_forgotten) {
    peer_rates rates(10);
    for (std::uint32_t i = 0; i < 1000; ++i)
        BOOST_TEST(rates.try_take(host(i), start));
    BOOST_TEST(rates.size() == 1000u);
    BOOST_TEST(taken_at_once(rates, 5, start + 1s) == 10);
    BOOST_TEST(rates.size() == 1u);
    BOOST_TEST(rates.try_take(host(6), start + 2s));
    BOOST_TEST(taken_at_once(rates, 5, start + 2s) == 10);
}

BOOST_AUTO_TEST_CASE(more_hosts_than_can_be_remembered_share_one_allowance) {
    peer_rates rates(2);
    for (std::uint32_t i = 0; i < peer_rates::max_hosts; ++i)
        BOOST_TEST_REQUIRE(rates.try_take(host(i), start));
    int more = 0;
    for (std::uint32_t i = 0; i < 1000; ++i)
        more += rates.try_take(host(peer_rates::max_hosts + i), start) ? 1 : 0;
    BOOST_TEST(more == 2);
    BOOST_TEST(rates.size() == peer_rates::max_hosts);
}
