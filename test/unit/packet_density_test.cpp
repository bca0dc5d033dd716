#define BOOST_TEST_MODULE packet_density
#include "rtpproxy/media/packet_density.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

/// Packets at a steady rate, in batches of one, for `time`.
void feed(packet_density& density, time_point& now, int packets_a_second, duration time) {
    const auto gap = std::chrono::duration_cast<duration>(1s) / packets_a_second;
    for (const auto end = now + time; now < end; now += gap)
        density.on_batch(1, now);
}

}  // namespace

BOOST_AUTO_TEST_CASE(packets_come_thick_above_one_rate_and_until_they_fall_below_a_lower_one) {
    packet_density density;
    time_point now{1h};
    feed(density, now, 10'000, 200ms);
    BOOST_TEST(!density.is_thick());
    feed(density, now, 50'000, 200ms);
    BOOST_TEST(density.is_thick());
    feed(density, now, 15'000, 200ms);  // between the two rates it stays as it is
    BOOST_TEST(density.is_thick());
    feed(density, now, 5'000, 200ms);
    BOOST_TEST(!density.is_thick());
    feed(density, now, 15'000, 200ms);
    BOOST_TEST(!density.is_thick());
}

BOOST_AUTO_TEST_CASE(large_batches_count_by_their_packets) {
    packet_density density;
    time_point now{1h};
    for (int i = 0; i < 100; ++i, now += 1ms)
        density.on_batch(50, now);
    BOOST_TEST(density.is_thick());
    for (int i = 0; i < 100; ++i, now += 1ms)
        density.on_batch(0, now);
    BOOST_TEST(!density.is_thick());
}

BOOST_AUTO_TEST_CASE(a_pause_ends_it_with_the_next_batch) {
    packet_density density;
    time_point now{1h};
    feed(density, now, 50'000, 200ms);
    BOOST_TEST(density.is_thick());
    density.on_batch(1, now + 10s);
    BOOST_TEST(!density.is_thick());
}
