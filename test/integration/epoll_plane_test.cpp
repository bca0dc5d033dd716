#define BOOST_TEST_MODULE epoll_plane
#include "rtpproxy/media/epoll_plane.hpp"

#include "rtpproxy/media/open_port_pair.hpp"

#include "support/rtp_packets.hpp"
#include "support/two_party_call.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

std::uint64_t drops(const two_party_call& call, drop_reason reason) {
    return call.statistics.drops[static_cast<std::size_t>(reason)].value();
}

/// A call whose ports are on every address of this host: all of 127.0.0.0/8 are.
struct call_on_wildcard : two_party_call {
    call_on_wildcard() {
        for (const side s : both_sides)
            plane.close(call.leg_facing(s).ports);
        open(side::callee, make_local("0.0.0.0"), callee.address());
        open(side::caller, make_local("0.0.0.0"), caller.address());
    }

    /// The port for a party, on that address of ours.
    [[nodiscard]] endpoint port_on(std::string_view address, side for_party,
                                   component which = component::rtp) const {
        const auto rtp_port = call.leg_facing(for_party).rtp_port;
        return make_endpoint(address,
                             static_cast<std::uint16_t>(rtp_port + (which == component::rtcp ? 1 : 0)));
    }
    /// A party sends a packet to that address of ours.
    void talk(phone& from, side party, std::string_view address) {
        from.send(make_rtp({.ssrc = 7, .sequence_number = ++sequence_number}), port_on(address, party));
        settle();
    }
    /// Where a packet of our own to the caller comes from, as a prompt is one.
    endpoint source_heard(phone& party, component which = component::rtp) {
        BOOST_TEST(plane.send_to_party(call, side::caller, which, make_rtp({})));
        endpoint source;
        BOOST_TEST(!party.receive(source).empty());
        return source;
    }

    std::uint16_t sequence_number = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_party_hears_the_other_from_the_port_it_was_told) {
    two_party_call call;
    const auto from_caller = make_rtp({.ssrc = 1});
    call.caller.send(from_caller, call.port_for(side::caller));
    call.settle();
    endpoint source;
    BOOST_TEST((call.callee.receive(source) == from_caller));
    BOOST_TEST((source == call.port_for(side::callee)));

    const auto from_callee = make_rtp({.ssrc = 2, .payload_octets = 20});
    call.callee.send(from_callee, call.port_for(side::callee));
    call.settle();
    BOOST_TEST((call.caller.receive(source) == from_callee));
    BOOST_TEST((source == call.port_for(side::caller)));
    BOOST_TEST(call.statistics.packets_relayed.value() == 2u);
}

BOOST_AUTO_TEST_CASE(each_party_is_answered_from_the_address_it_asks) {
    call_on_wildcard call;
    endpoint source;
    call.talk(call.caller, side::caller, "127.0.0.2");
    BOOST_TEST(!call.callee.receive(source).empty());
    BOOST_TEST((source == call.port_on("127.0.0.2", side::callee)));  // it was not heard, but the other was
    call.talk(call.callee, side::callee, "127.0.0.3");
    BOOST_TEST(!call.caller.receive(source).empty());
    BOOST_TEST((source == call.port_on("127.0.0.2", side::caller)));
    call.talk(call.caller, side::caller, "127.0.0.4");
    BOOST_TEST(!call.callee.receive(source).empty());
    BOOST_TEST((source == call.port_on("127.0.0.3", side::callee)));
    BOOST_TEST((call.source_heard(call.caller) == call.port_on("127.0.0.4", side::caller)));
}

BOOST_AUTO_TEST_CASE(a_refused_packet_does_not_change_the_address_that_is_answered_from) {
    call_on_wildcard call;
    phone stranger{call.context};
    call.talk(call.caller, side::caller, "127.0.0.2");
    call.talk(stranger, side::caller, "127.0.0.9");
    BOOST_TEST(call.observer.refused == 1);
    BOOST_TEST((call.source_heard(call.caller) == call.port_on("127.0.0.2", side::caller)));
}

BOOST_AUTO_TEST_CASE(rtcp_is_answered_from_the_address_of_its_port_or_else_of_rtp) {
    call_on_wildcard call;
    phone rtcp{call.context};
    call.call.leg_facing(side::caller)
        .stream(component::rtcp)
        .latch.on_signalled(rtcp.address(), steady_clock::now());
    const auto source_of_rtcp = [&] { return call.source_heard(rtcp, component::rtcp); };
    BOOST_TEST((source_of_rtcp() == call.port_on("127.0.0.1", side::caller, component::rtcp)));
    call.talk(call.caller, side::caller, "127.0.0.2");
    BOOST_TEST((source_of_rtcp() == call.port_on("127.0.0.2", side::caller, component::rtcp)));
    const std::vector<std::byte> report{std::byte{0x80}, std::byte{201}, {}, std::byte{1}, {}, {}, {}, {}};
    rtcp.send(report, call.port_on("127.0.0.5", side::caller, component::rtcp));
    call.settle();
    BOOST_TEST((source_of_rtcp() == call.port_on("127.0.0.5", side::caller, component::rtcp)));
    BOOST_TEST((call.source_heard(call.caller) == call.port_on("127.0.0.2", side::caller)));
}

BOOST_AUTO_TEST_CASE(another_host_is_sent_to_from_the_address_the_kernel_chooses) {
    call_on_wildcard call;
    call.talk(call.caller, side::caller, "127.0.0.2");
    phone elsewhere{call.context, "127.0.0.77"};
    auto& latch = call.call.leg_facing(side::caller).stream(component::rtp).latch;
    latch.on_signalled(elsewhere.address(), steady_clock::now());
    call.talk(call.caller, side::caller, "127.0.0.2");  // it is still heard where it was
    BOOST_TEST((call.source_heard(elsewhere) == call.port_on("127.0.0.1", side::caller)));
}

BOOST_AUTO_TEST_CASE(an_asymmetric_party_is_sent_to_from_the_address_it_asks) {
    call_on_wildcard call;
    phone hears{call.context, "127.0.0.77"};
    auto& latch = call.call.leg_facing(side::caller).stream(component::rtp).latch;
    latch.use(learning_policy::classic, steady_clock::now());
    latch.set_asymmetric(true);
    latch.on_signalled(hears.address(), steady_clock::now());
    phone speaks{call.context, "127.0.0.77"};
    call.talk(speaks, side::caller, "127.0.0.2");
    BOOST_TEST((call.source_heard(hears) == call.port_on("127.0.0.2", side::caller)));
}

BOOST_AUTO_TEST_CASE(ipv6_on_one_side_only) {
    two_party_call call{{}, "::1"};
    const auto packet = make_rtp({});
    call.caller.send(packet, call.port_for(side::caller));
    call.settle();
    endpoint source;
    BOOST_TEST((call.callee.receive(source) == packet));
    BOOST_TEST((source == call.port_for(side::callee)));
}

BOOST_AUTO_TEST_CASE(empty_and_largest_datagrams_pass_whole) {
    two_party_call call;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65507}}) {
        call.caller.send(std::vector<std::byte>(size), call.port_for(side::caller));
        call.settle();
        endpoint source;
        BOOST_TEST(call.callee.receive(source).size() == size);
        BOOST_TEST((source == call.port_for(side::callee)));
    }
}

BOOST_AUTO_TEST_CASE(small_packets_are_sent_twice_when_asked_to) {
    two_party_call call{{.epoch = {}, .send_twice = true}};
    call.caller.send(std::vector<std::byte>(127), call.port_for(side::caller));
    call.caller.send(std::vector<std::byte>(128), call.port_for(side::caller));
    call.settle();
    endpoint source;
    BOOST_TEST(call.callee.receive(source).size() == 127u);
    BOOST_TEST(call.callee.receive(source).size() == 127u);
    BOOST_TEST(call.callee.receive(source).size() == 128u);
    BOOST_TEST(call.statistics.packets_relayed.value() == 2u);
}

BOOST_AUTO_TEST_CASE(a_refused_send_is_counted_and_the_session_goes_on) {
    two_party_call call;
    auto& callee_latch = call.call.leg_facing(side::callee).stream(component::rtp).latch;
    callee_latch.on_signalled(make_endpoint("255.255.255.255", 9),
                              steady_clock::now());  // EACCES: no broadcast
    call.caller.send(make_rtp({}), call.port_for(side::caller));
    call.settle();
    BOOST_TEST(drops(call, drop_reason::send_failed) == 1u);
    callee_latch.on_signalled(call.callee.address(), steady_clock::now());
    call.caller.send(make_rtp({.sequence_number = 2}), call.port_for(side::caller));
    call.settle();
    endpoint source;
    BOOST_TEST(!call.callee.receive(source).empty());
}

BOOST_AUTO_TEST_CASE(a_learned_address_is_told_after_the_batch) {
    two_party_call call;
    phone nat{call.context};
    for (std::uint16_t i = 1; i <= 3; ++i) {
        nat.send(make_rtp({.sequence_number = i}), call.port_for(side::caller));
        call.settle();
    }
    BOOST_TEST(call.observer.refused == 1);  // once for its two packets on trial
    BOOST_TEST(call.observer.learned == 1);
    BOOST_TEST((*call.call.leg_facing(side::caller).stream(component::rtp).latch.remote() == nat.address()));
}

BOOST_AUTO_TEST_CASE(errors_of_opening_are_told_apart) {
    two_party_call call;
    const auto foreign = call.plane.open(make_local("192.0.2.1"), 0, call.call, side::callee);
    BOOST_TEST((foreign.error() == boost::system::errc::address_not_available));

    port_pool tiny{{.min = 19900, .max = 19900}};
    epoll_plane plane{call.context, tiny, call.destinations, call.statistics, call.observer, {}};
    const auto only = plane.open(make_local("127.0.0.1"), 0, call.call, side::callee);
    BOOST_REQUIRE(only);
    const auto none = plane.open(make_local("127.0.0.1"), 0, call.call, side::caller);
    BOOST_TEST((none.error() == boost::system::errc::address_in_use));
    plane.close(only->id);
    const auto again = plane.open(make_local("127.0.0.1"), 0, call.call, side::caller);
    BOOST_REQUIRE(again);
    plane.close(again->id);
}

BOOST_AUTO_TEST_CASE(pairs_that_another_program_uses_are_passed_over) {
    boost::asio::io_context context;
    boost::asio::ip::udp::socket foreign{context, make_endpoint("127.0.0.1", 19911)};
    port_pool pool{{.min = 19910, .max = 19912, .sequential = true}};
    relay_statistics statistics;
    deaf_observer observer;
    const media_destinations destinations{pool, open_destinations()};
    epoll_plane plane{context, pool, destinations, statistics, observer, {}};
    session call{"call", "tag", inactivity{inactivity::mode::shared, 60, 60, 0}, steady_clock::now()};
    const auto opened = plane.open(make_local("127.0.0.1"), 0, call, side::callee);
    BOOST_REQUIRE(opened);
    BOOST_TEST(opened->rtp_port == 19912);
    plane.close(opened->id);
}

BOOST_AUTO_TEST_CASE(a_pair_that_another_program_gave_up_is_found_by_the_next_command) {
    boost::asio::io_context context;
    boost::asio::ip::udp::socket foreign{context, make_endpoint("127.0.0.1", 19920)};
    port_pool pool{{.min = 19920, .max = 19920}};
    const auto address = boost::asio::ip::make_address("127.0.0.1");
    const auto start = steady_clock::now();
    BOOST_REQUIRE((open_port_pair(pool, address, start, 0).error() == boost::system::errc::address_in_use));
    BOOST_TEST(!pool.is_in_use(make_endpoint("127.0.0.1", 19920), true));
    foreign.close();
    BOOST_TEST(!open_port_pair(pool, address, start, 0).has_value());  // is not tried twice at a time
    BOOST_TEST(open_port_pair(pool, address, start + std::chrono::milliseconds{1}, 0).has_value());
}

BOOST_AUTO_TEST_CASE(last_free_pair_is_found_and_no_go_takes_long) {
    constexpr std::uint16_t first = 18000;
    constexpr std::uint16_t last = 18598;
    constexpr std::uint16_t free = 18414;
    boost::asio::io_context context;
    std::vector<boost::asio::ip::udp::socket> foreign;
    for (std::uint16_t port = first; port <= last; port = static_cast<std::uint16_t>(port + 2))
        if (port != free) foreign.emplace_back(context, make_endpoint("127.0.0.1", port));
    const auto address = boost::asio::ip::make_address("127.0.0.1");
    for (const bool sequential : {false, true}) {
        port_pool pool{{.min = first, .max = last, .sequential = sequential}};
        const auto start = steady_clock::now();
        std::size_t goes = 0;
        const auto search = [&] {
            for (;;) {
                auto found = open_port_pair(pool, address, start, 0);
                ++goes;
                if (found || found.error() != boost::system::errc::operation_in_progress) return found;
            }
        };
        const auto opened = search();
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->rtp_port() == free);
        BOOST_TEST(goes <= 300 / pairs_tried_in_one_go + 1);
        // The others are tried once, and then no more for a while.
        BOOST_TEST((search().error() == boost::system::errc::address_in_use));
        BOOST_TEST((search().error() == boost::system::errc::address_in_use));
        // A moment later some are looked at again, in one go.
        const auto later = start + std::chrono::milliseconds{1};
        const auto none = open_port_pair(pool, address, later, 0);
        BOOST_TEST((none.error() == boost::system::errc::address_in_use));
        BOOST_TEST(goes <= 300 / pairs_tried_in_one_go + 4);
    }
}

constexpr std::chrono::microseconds ways_to_wait_for_thick_packets[] = {std::chrono::microseconds{200},
                                                                        std::chrono::microseconds{0}};

BOOST_DATA_TEST_CASE(packets_that_come_thick_arrive_all_and_in_order, boost::unit_test::data::make({0, 1}),
                     way) {
    two_party_call call{{.epoch = {}, .gather_longest = ways_to_wait_for_thick_packets[way]}};
    auto packet = make_rtp({});
    std::uint16_t expected = 1;
    // Well above the rate where gathering begins, then one at a time.
    for (int round = 0; round < 400; ++round) {
        for (int i = 0; i < 20; ++i)
            call.caller.send(make_rtp({.sequence_number = static_cast<std::uint16_t>(round * 20 + i + 1)}),
                             call.port_for(side::caller));
        for (int i = 0; i < 20; ++i, ++expected) {
            while (call.statistics.packets_relayed.value() < expected)
                call.context.run_one();
            endpoint source;
            const auto received = call.callee.receive(source);
            BOOST_REQUIRE((received == make_rtp({.sequence_number = expected})));
        }
    }
    call.settle();
    call.caller.send(make_rtp({.sequence_number = expected}), call.port_for(side::caller));
    call.settle();
    endpoint source;
    BOOST_TEST(!call.callee.receive(source).empty());
}

BOOST_AUTO_TEST_CASE(thick_packets_do_not_keep_the_rest_of_the_strand_waiting) {
    constexpr int most_packets = 2'000'000;
    two_party_call call{{.epoch = {}, .gather_longest = {}}};
    std::atomic<bool> enough{false};
    std::atomic<int> sent{0};
    std::thread flood{[&] {
        const auto packet = make_rtp({});
        for (; !enough && sent < most_packets; ++sent)
            call.caller.send(packet, call.port_for(side::caller));
    }};
    int turns = 0;
    const std::function<void()> take_turn = [&] {
        if (++turns < 100) boost::asio::post(call.context, take_turn);
    };
    while (call.statistics.packets_relayed.value() < 5000)
        call.context.run_one();
    take_turn();
    while (turns < 100)
        call.context.run_one();
    enough = true;
    flood.join();
    BOOST_TEST(sent < most_packets);
}

BOOST_AUTO_TEST_CASE(nothing_leaves_for_where_media_may_not_go) {
    two_party_call call;
    const auto packet = make_rtp({});
    const auto send = [&] {
        call.caller.send(packet, call.port_for(side::caller));
        call.settle();
    };
    send();
    BOOST_TEST(call.statistics.packets_relayed.value() == 1u);
    call.call.leg_facing(side::callee).stream(component::rtp).remote_is = destination_kind::forbidden;
    send();
    send();
    call.plane.forward(call.call, side::caller, component::rtp, packet, call.caller.address());
    BOOST_TEST(!call.plane.send_to_party(call.call, side::callee, component::rtp, packet));
    BOOST_TEST(call.plane.send_to_party(call.call, side::caller, component::rtp, packet));
    BOOST_TEST(call.statistics.packets_relayed.value() == 1u);
    BOOST_TEST(drops(call, drop_reason::forbidden_destination) == 3u);
    BOOST_TEST(call.observer.kept_back == 1);  // said once
    BOOST_TEST(call.statistics.packets_received.value() ==
               call.statistics.packets_relayed.value() + 2u);  // forward() was told of one more
}

BOOST_AUTO_TEST_CASE(destinations_are_judged_once_in_each_generation) {
    two_party_call call;
    const auto packet = make_rtp({});
    const auto send = [&] {
        call.caller.send(packet, call.port_for(side::caller));
        call.settle();
    };
    send();
    send();
    BOOST_TEST(call.observer.outdated == 1);
    call.destinations.set_host_addresses({});
    send();
    send();
    BOOST_TEST(call.observer.outdated == 2);
    call.destinations.guard_port(7722);
    static_cast<void>(call.plane.send_to_party(call.call, side::callee, component::rtp, packet));
    BOOST_TEST(call.observer.outdated == 3);
    call.call.destinations_judged = 0;  // as when a packet taught an address
    call.plane.forward(call.call, side::caller, component::rtp, packet, call.caller.address());
    BOOST_TEST(call.observer.outdated == 4);
}

BOOST_AUTO_TEST_CASE(the_last_descriptors_are_not_for_media) {
    two_party_call call;
    epoll_plane plane{call.context,    call.pool,     call.destinations,
                      call.statistics, call.observer, {.epoch = {}, .descriptor_limit = 5}};
    const auto refused = plane.open(make_local("127.0.0.1"), 0, call.call, side::callee);
    BOOST_TEST((refused.error() == boost::system::errc::too_many_files_open));
}

BOOST_AUTO_TEST_CASE(traffic_class_reaches_the_wire_options) {
    two_party_call call{{}, "::1"};
    for (const side s : both_sides)
        BOOST_TEST(!call.plane.set_traffic_class(call.call.leg_facing(s).ports, 0x20).failed());
}
