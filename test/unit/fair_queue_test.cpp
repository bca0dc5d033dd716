#define BOOST_TEST_MODULE fair_queue
#include "rtpproxy/control/fair_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace rtpproxy;

namespace {

namespace ip = boost::asio::ip;

control_peer peer(const char* address, std::uint16_t port) {
    return control_peer::at(ip::make_address(address), port);
}

const auto flooder = peer("192.0.2.1", 1000);
const auto other = peer("192.0.2.2", 1000);

struct fixture {
    fair_queue<std::string> queue{3000};

    void push(const control_peer& from, const std::string& item, int times = 1) {
        for (int i = 0; i < times; ++i)
            queue.push(from, item, 1);
    }
    std::string pop(int times) {
        std::string all;
        for (int i = 0; i < times; ++i)
            all += queue.pop();
        return all;
    }
    int fill(const control_peer& from) {
        int taken = 0;
        for (; queue.has_room(from); ++taken)
            queue.push(from, "f", 1);
        return taken;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(order, fixture)

BOOST_AUTO_TEST_CASE(items_of_one_peer_keep_their_order) {
    for (const auto* item : {"a", "b", "c"})
        queue.push(flooder, item, 1);
    BOOST_TEST(queue.size() == 3u);
    BOOST_TEST(pop(3) == "abc");
    BOOST_TEST(queue.empty());
    BOOST_TEST(queue.size() == 0u);
}

BOOST_AUTO_TEST_CASE(another_peer_is_next_but_one_however_much_waits) {
    push(flooder, "f", 900);
    push(other, "o", 2);
    BOOST_TEST(pop(6) == "fofoff");
}

BOOST_AUTO_TEST_CASE(hosts_have_equal_shares_whatever_the_number_of_their_ports) {
    for (std::uint16_t port = 1; port <= 100; ++port)
        push(peer("192.0.2.1", port), "f");
    push(other, "o", 3);
    BOOST_TEST(pop(7) == "fofofof");
}

BOOST_AUTO_TEST_CASE(ports_of_a_host_have_equal_shares) {
    push(flooder, "f", 100);
    push(peer("192.0.2.1", 1001), "s", 3);
    BOOST_TEST(pop(8) == "fsfsfsff");
}

BOOST_AUTO_TEST_CASE(one_that_comes_back_has_no_better_turn) {
    push(flooder, "f", 10);
    push(other, "o");
    push(peer("192.0.2.3", 1), "t", 2);
    BOOST_TEST(pop(2) == "fo");
    push(other, "o");
    BOOST_TEST(pop(5) == "tfotf");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(room, fixture)

BOOST_AUTO_TEST_CASE(a_peer_alone_has_a_third) {
    BOOST_TEST(fill(flooder) == 1000);
    BOOST_TEST(pop(1) == "f");
    BOOST_TEST(queue.has_room(flooder));
}

BOOST_AUTO_TEST_CASE(other_ports_and_hosts_find_room_beside_a_flooder) {
    fill(flooder);
    BOOST_TEST(fill(peer("192.0.2.1", 1001)) > 100);
    BOOST_TEST(fill(other) > 100);
    BOOST_TEST(queue.has_room(peer("192.0.2.3", 1)));
    BOOST_TEST(!queue.has_room(flooder));
}

BOOST_AUTO_TEST_CASE(several_flooders_leave_room_for_others) {
    for (int host = 0; host < 10; ++host)
        fill(peer(("192.0.2." + std::to_string(host + 1)).c_str(), 1));
    BOOST_TEST(queue.size() < 3000u);
    BOOST_TEST(fill(peer("198.51.100.1", 1)) > 10);
}

BOOST_AUTO_TEST_CASE(nothing_fits_a_full_one_and_all_of_it_comes_back) {
    queue.push(flooder, "large", 5000);  // without asking
    BOOST_TEST(!queue.has_room(other));
    BOOST_TEST(queue.pop() == "large");
    BOOST_TEST(fill(other) == 1000);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(peers)

BOOST_AUTO_TEST_CASE(hosts_and_their_parts) {
    BOOST_TEST((peer("192.0.2.1", 1).host == peer("192.0.2.1", 2).host));
    BOOST_TEST((peer("192.0.2.1", 1).part != peer("192.0.2.1", 2).part));
    BOOST_TEST((peer("192.0.2.1", 1).host != peer("192.0.2.2", 1).host));
    BOOST_TEST((peer("::ffff:192.0.2.1", 1).host == peer("192.0.2.1", 1).host));
    BOOST_TEST((peer("2001:db8::1", 1).host == peer("2001:db8::2", 1).host));
    BOOST_TEST((peer("2001:db8::1", 1).part != peer("2001:db8::2", 1).part));
    BOOST_TEST((peer("2001:db8:0:1::1", 1).host != peer("2001:db8::1", 1).host));
    BOOST_TEST((peer("::", 1).host != peer("0.0.0.0", 1).host));
    BOOST_TEST((control_peer::process(0, 5).host != control_peer{}.host));
    BOOST_TEST((control_peer::process(7, 5).host == control_peer::process(7, 6).host));
    BOOST_TEST((control_peer::process(7, 5).part != control_peer::process(7, 6).part));
}

BOOST_AUTO_TEST_SUITE_END()
