#define BOOST_TEST_MODULE packet_path_allocations
#include "support/allocation_count.hpp"
#include "support/rtp_packets.hpp"
#include "support/two_party_call.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

/// Sends `packets` from the caller to the callee, and as many from a stranger that nobody must hear.
void talk(two_party_call& call, phone& stranger, std::uint16_t first, std::uint16_t packets,
          std::vector<std::byte>& packet) {
    for (std::uint16_t i = 0; i < packets; ++i) {
        const auto sequence_number = static_cast<std::uint16_t>(first + i);
        packet[2] = std::byte(sequence_number >> 8);
        packet[3] = std::byte(sequence_number & 0xff);
        call.caller.send(packet, call.port_for(side::caller));
        stranger.send(packet, call.port_for(side::callee));
        const auto relayed = call.statistics.packets_relayed.value();
        while (call.statistics.packets_relayed.value() == relayed)
            call.context.run_one();
        BOOST_REQUIRE(call.callee.receive_any());
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_count_sees_allocations) {
    start_counting_allocations();
    const auto before = allocations.load();
    const auto allocated = std::make_unique<int>(1);
    BOOST_TEST(*allocated == 1);
    BOOST_TEST(allocations.load() > before);
}

BOOST_AUTO_TEST_CASE(relaying_allocates_nothing) {
    start_counting_allocations();
    two_party_call call;
    phone stranger{call.context};
    auto packet = make_rtp({});
    // The callee is latched from here on: strangers are refused.
    call.callee.send(make_rtp({.ssrc = 99}), call.port_for(side::callee));
    call.settle();
    talk(call, stranger, 1, 200, packet);

    const auto before = allocations.load();
    talk(call, stranger, 201, 1000, packet);
    BOOST_TEST(allocations.load() - before == 0u);
    BOOST_TEST(call.statistics.packets_relayed.value() == 1201u);
}
