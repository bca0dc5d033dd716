#define BOOST_TEST_MODULE media_destinations
#include "rtpproxy/media/media_destinations.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <vector>

using namespace rtpproxy;

namespace rtpproxy {
std::ostream& operator<<(std::ostream& out, destination_kind kind) {
    return out << static_cast<int>(kind);
}
}  // namespace rtpproxy

namespace {

constexpr auto unrestricted = destination_kind::open;
constexpr auto ours = destination_kind::ours;
constexpr auto neighbour = destination_kind::neighbour;
constexpr auto forbidden = destination_kind::forbidden;
using boost::asio::ip::make_address;

constexpr std::uint16_t control_port = 7722;

struct host {
    explicit host(media_destinations::settings chosen = {}) : destinations(pool, std::move(chosen)) {
        destinations.guard_port(control_port);
        destinations.set_host_addresses(
            {make_address("198.51.100.1"), make_address("2001:db8::1"), make_address("fe80::1%3")});
    }

    destination_kind of(std::string_view address, unsigned port) const { return judge(address, port).kind; }
    media_destinations::verdict judge(std::string_view address, unsigned port) const {
        return destinations.judge({make_address(address), static_cast<std::uint16_t>(port)});
    }

    port_pool pool{{.min = 10000, .max = 10098, .sequential = true}};
    media_destinations destinations;
};

media_destinations::settings with(host_media what) {
    media_destinations::settings chosen;
    chosen.to_this_host = what;
    return chosen;
}

const std::vector<std::string_view> addresses_of_this_host{
    "127.0.0.1",   "127.0.0.2",        "127.255.255.254",     "::1",     "198.51.100.1",
    "2001:db8::1", "::ffff:127.0.0.1", "::ffff:198.51.100.1", "fe80::1", "fe80::1%3"};

}  // namespace

BOOST_AUTO_TEST_CASE(other_hosts_get_everything) {
    const host here;
    for (const auto* address : {"192.0.2.7", "10.0.0.1", "2001:db8::2", "::ffff:192.0.2.7", "fe80::2%3"})
        for (const unsigned port : {1, 53, 1023, 5060, 7722, 65535})
            BOOST_TEST(here.of(address, port) == unrestricted);
}

BOOST_AUTO_TEST_CASE(no_host_in_particular_gets_anything) {
    auto everything = with(host_media::any);
    everything.denied = {};
    everything.allowed = *network_list::parse("0.0.0.0/0,::/0");
    const host here(everything);
    for (const auto* address :
         {"0.0.0.0", "::", "::ffff:0.0.0.0", "255.255.255.255", "::ffff:255.255.255.255", "224.0.0.1",
          "239.255.255.255", "ff02::1", "::ffff:224.0.0.1"})
        BOOST_TEST(here.of(address, 4000) == forbidden, address);
    BOOST_TEST(here.of("192.0.2.7", 0) == forbidden);
}

BOOST_AUTO_TEST_CASE(control_sockets_get_nothing_whatever_is_allowed) {
    auto everything = with(host_media::any);
    everything.denied = {};
    everything.allowed = *network_list::parse("0.0.0.0/0,::/0");
    const host here(everything);
    for (const auto address : addresses_of_this_host) {
        BOOST_TEST(here.of(address, control_port) == forbidden, address);
        BOOST_TEST(here.of(address, control_port + 1) == unrestricted, address);
    }
}

BOOST_AUTO_TEST_CASE(control_sockets_get_nothing_by_way_of_an_advertised_address) {
    media_destinations::settings chosen;
    chosen.advertised = {make_address("203.0.113.5")};
    const host here(chosen);
    BOOST_TEST(here.of("203.0.113.5", control_port) == forbidden);
    BOOST_TEST(here.of("203.0.113.5", control_port + 2) == unrestricted);
}

BOOST_AUTO_TEST_CASE(low_ports_of_this_host_get_nothing) {
    for (const auto what : {host_media::media, host_media::any, host_media::none}) {
        const host here(with(what));
        for (const auto address : addresses_of_this_host)
            for (const unsigned port : {1, 53, 514, 1023})
                BOOST_TEST(here.of(address, port) == forbidden, address);
    }
}

BOOST_AUTO_TEST_CASE(other_programs_of_this_host_get_what_is_chosen) {
    for (const auto address : addresses_of_this_host)
        for (const unsigned port : {1024, 5060, 10000, 65535}) {
            BOOST_TEST(host(with(host_media::media)).of(address, port) == neighbour, address);
            BOOST_TEST(host(with(host_media::any)).of(address, port) == unrestricted, address);
            BOOST_TEST(host(with(host_media::none)).of(address, port) == forbidden, address);
        }
}

BOOST_AUTO_TEST_CASE(ports_in_use_are_ours) {
    host here(with(host_media::none));
    static_cast<void>(here.pool.take(make_address("127.0.0.1"), {}));
    for (const unsigned port : {10000, 10001}) {
        BOOST_TEST(here.of("127.0.0.1", port) == ours);
        BOOST_TEST(here.of("::ffff:127.0.0.1", port) == ours);
        BOOST_TEST(here.of("127.0.0.2", port) == forbidden);
    }
    static_cast<void>(here.pool.take(make_address("0.0.0.0"), {}));
    for (const auto* address : {"127.0.0.1", "127.9.9.9", "198.51.100.1"})
        BOOST_TEST(here.of(address, 10002) == ours);
    BOOST_TEST(here.of("::1", 10002) == forbidden);
    BOOST_TEST(here.of("192.0.2.7", 10002) == unrestricted);
}

BOOST_AUTO_TEST_CASE(denied_networks_get_nothing_unless_they_are_allowed) {
    auto chosen = with(host_media::any);
    chosen.denied.add(*network_list::parse("10.0.0.0/8,2001:db8:bad::/48,127.0.0.9"));
    chosen.allowed = *network_list::parse("10.1.0.0/16");
    const host here(chosen);
    for (const auto* address : {"10.0.0.1", "::ffff:10.0.0.1", "2001:db8:bad::1", "127.0.0.9", "0.1.2.3",
                                "169.254.169.254", "240.0.0.1", "fd00:ec2::254"})
        BOOST_TEST(here.of(address, 4000) == forbidden, address);
    for (const auto* address : {"10.1.2.3", "2001:db8:600d::1", "127.0.0.8", "169.254.169.253"})
        BOOST_TEST(here.of(address, 4000) == unrestricted, address);
}

BOOST_AUTO_TEST_CASE(denied_networks_get_nothing_at_ports_of_ours_either) {
    media_destinations::settings chosen;
    chosen.denied = *network_list::parse("198.51.100.0/24");
    host here(chosen);
    static_cast<void>(here.pool.take(make_address("0.0.0.0"), {}));
    BOOST_TEST(here.of("198.51.100.1", 10000) == forbidden);
}

BOOST_AUTO_TEST_CASE(whatever_is_forbidden_has_a_reason) {
    const host here(with(host_media::none));
    for (const auto* address : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "169.254.169.254"})
        for (const unsigned port : {0, 1, 4000, 7722})
            BOOST_TEST(!here.judge(address, port).reason.empty());
}

BOOST_AUTO_TEST_CASE(addresses_come_and_go) {
    host here;
    const auto before = here.destinations.generation();
    BOOST_TEST(here.of("192.0.2.7", control_port) == unrestricted);
    here.destinations.set_host_addresses({make_address("192.0.2.7")});
    BOOST_TEST(here.destinations.generation() != before);
    BOOST_TEST(here.of("192.0.2.7", control_port) == forbidden);
    BOOST_TEST(here.of("198.51.100.1", control_port) == unrestricted);
    BOOST_TEST(here.of("127.0.0.1", control_port) == forbidden);
}

BOOST_AUTO_TEST_CASE(where_there_is_no_list_the_address_is_asked_about) {
    host here;
    here.destinations.ask_for_host_addresses(
        [](const boost::asio::ip::address& address) { return address == make_address("192.0.2.7"); });
    BOOST_TEST(here.of("192.0.2.7", 4000) == neighbour);
    BOOST_TEST(here.of("::ffff:192.0.2.7", 4000) == neighbour);
    BOOST_TEST(here.of("192.0.2.8", 4000) == unrestricted);
    BOOST_TEST(here.of("198.51.100.1", 4000) == unrestricted);
    BOOST_TEST(here.of("127.0.0.1", 4000) == neighbour);
}

BOOST_AUTO_TEST_CASE(ports_that_may_be_ours_are_those_of_this_host_and_of_addresses_in_use) {
    host here;
    BOOST_TEST(here.destinations.ports_on(make_address("127.0.0.1")).contains(10099));
    BOOST_TEST(here.destinations.ports_on(make_address("198.51.100.1")).contains(10000));
    BOOST_TEST(here.destinations.ports_on(make_address("192.0.2.7")).empty());
    static_cast<void>(here.pool.take(make_address("192.0.2.7"), {}));  // as when its list is late
    BOOST_TEST(here.destinations.ports_on(make_address("192.0.2.7")).contains(10000));
}
