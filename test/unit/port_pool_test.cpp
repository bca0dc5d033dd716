#define BOOST_TEST_MODULE port_pool
#include "rtpproxy/media/port_pool.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace std::chrono_literals;
using boost::asio::ip::make_address;

namespace {

const auto here = make_address("127.0.0.1");
const auto there = make_address("127.0.0.2");
const time_point start{1h};

std::vector<std::uint16_t> take_all(port_pool& pool, const boost::asio::ip::address& address,
                                    time_point now) {
    std::vector<std::uint16_t> ports;
    while (const auto port = pool.take(address, now))
        ports.push_back(*port);
    return ports;
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_order_hands_out_every_pair_once) {
    port_pool pool{{.min = 10000, .max = 10198}};
    const auto ports = take_all(pool, here, start);
    const std::set<std::uint16_t> distinct(ports.begin(), ports.end());
    BOOST_TEST(distinct.size() == 100u);
    BOOST_TEST(*distinct.begin() == 10000);
    BOOST_TEST(*distinct.rbegin() == 10198);
    BOOST_TEST(!std::ranges::is_sorted(ports));
    BOOST_TEST(std::ranges::all_of(ports, [](auto port) { return port % 2 == 0; }));
}

BOOST_AUTO_TEST_CASE(each_address_has_the_whole_range) {
    port_pool pool{{.min = 10000, .max = 10008}};
    BOOST_TEST(take_all(pool, here, start).size() == 5u);
    BOOST_TEST(take_all(pool, there, start).size() == 5u);
}

BOOST_AUTO_TEST_CASE(released_pair_rests_while_others_are_free) {
    port_pool pool{{.min = 10000, .max = 10004, .rest = 10s}};
    const auto first = pool.take(here, start);
    pool.release(here, *first, start);
    const auto second = pool.take(here, start + 1s);
    const auto third = pool.take(here, start + 1s);
    BOOST_TEST(*second != *first);
    BOOST_TEST(*third != *first);
    BOOST_TEST(*pool.take(here, start + 2s) == *first);  // better a fresh one than none
    BOOST_TEST(!pool.take(here, start + 2s));
}

BOOST_AUTO_TEST_CASE(rested_pair_comes_back) {
    port_pool pool{{.min = 10000, .max = 10000, .rest = 10s}};
    const auto port = pool.take(here, start);
    BOOST_TEST(!pool.take(here, start));
    pool.release(here, *port, start);
    BOOST_TEST(*pool.take(here, start + 11s) == *port);
}

BOOST_AUTO_TEST_CASE(sequential_order_goes_round) {
    port_pool pool{{.min = 30000, .max = 30006, .sequential = true}};
    BOOST_TEST(*pool.take(here, start) == 30000);
    BOOST_TEST(*pool.take(here, start) == 30002);
    pool.release(here, 30000, start);
    BOOST_TEST(*pool.take(here, start) == 30004);
    BOOST_TEST(*pool.take(here, start) == 30006);
    BOOST_TEST(*pool.take(here, start) == 30000);
    BOOST_TEST(!pool.take(here, start));
    pool.release(here, 30004, start);
    BOOST_TEST(*pool.take(here, start) == 30004);
}

BOOST_AUTO_TEST_CASE(sequential_cursor_is_shared_by_the_addresses_of_a_family) {
    port_pool pool{{.min = 30000, .max = 30098, .sequential = true}};
    BOOST_TEST(*pool.take(here, start) == 30000);
    BOOST_TEST(*pool.take(there, start) == 30002);
    BOOST_TEST(*pool.take(make_address("::1"), start) == 30000);
}

BOOST_AUTO_TEST_CASE(pair_that_was_put_back_is_free_at_once) {
    port_pool pool{{.min = 10000, .max = 10000, .rest = 1h}};
    const auto port = pool.take(here, start);
    pool.put_back(here, *port);
    BOOST_TEST(*pool.take(here, start) == *port);
}

BOOST_AUTO_TEST_CASE(knows_which_ports_are_in_use) {
    port_pool pool{{.min = 10000, .max = 10000}};
    const auto in_use = [&](std::string_view address, std::uint16_t port) {
        return pool.is_in_use({make_address(address), port}, true);
    };
    BOOST_TEST(!in_use("127.0.0.1", 10000));
    static_cast<void>(pool.take(here, start));
    BOOST_TEST(in_use("127.0.0.1", 10000));
    BOOST_TEST(in_use("127.0.0.1", 10001));
    BOOST_TEST(!in_use("127.0.0.1", 10002));
    BOOST_TEST(!in_use("127.0.0.1", 9999));
    BOOST_TEST(!in_use("127.0.0.2", 10000));
    BOOST_TEST(pool.has_ports_in_use(here));
    pool.release(here, 10000, start);
    BOOST_TEST(!in_use("127.0.0.1", 10000));
    BOOST_TEST(!pool.has_ports_in_use(here));
}

BOOST_AUTO_TEST_CASE(ports_of_a_wildcard_are_in_use_on_every_address_of_the_host) {
    port_pool pool{{.min = 10000, .max = 10000}};
    static_cast<void>(pool.take(make_address("0.0.0.0"), start));
    BOOST_TEST(pool.is_in_use({make_address("192.0.2.7"), 10000}, true));
    BOOST_TEST(!pool.is_in_use({make_address("192.0.2.7"), 10000}, false));
    BOOST_TEST(!pool.is_in_use({make_address("::1"), 10000}, true));
}

BOOST_AUTO_TEST_CASE(excluded_pairs_are_never_handed_out_nor_in_use) {
    for (const bool sequential : {true, false}) {
        port_pool pool{{.min = 10000, .max = 10004, .sequential = sequential}};
        pool.exclude(10003);
        pool.exclude(9999);
        const std::set<std::uint16_t> taken{*pool.take(here, start), *pool.take(here, start)};
        BOOST_TEST((taken == std::set<std::uint16_t>{10000, 10004}));
        BOOST_TEST(!pool.take(here, start));
        BOOST_TEST(!pool.is_in_use({here, 10002}, true));
        pool.release(here, 10000, start);
        pool.release(here, 10004, start);
        BOOST_TEST(!pool.has_ports_in_use(here));
    }
}

BOOST_AUTO_TEST_CASE(addresses_no_longer_used_are_forgotten) {
    port_pool pool{{.min = 10000, .max = 10000, .rest = 10s}};
    for (int host = 1; host < 200; ++host) {
        const auto address = make_address("127.1.1." + std::to_string(host));
        const auto now = start + host * 20s;
        pool.release(address, *pool.take(address, now), now);
    }
    BOOST_TEST(pool.known_addresses() <= 2u);
    static_cast<void>(pool.take(here, start + 1h));
    static_cast<void>(pool.take(there, start + 2h));
    BOOST_TEST(pool.known_addresses() == 2u);  // both are in use
}
