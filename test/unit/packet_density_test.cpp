#define BOOST_TEST_MODULE packet_density
#include "rtpproxy/media/arrival_clock.hpp"
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

BOOST_AUTO_TEST_CASE(datagrams_waited_since_the_kernel_stamped_them) {
    arrival_clock clock;
    const arrival_clock::wall_time noon = 12h;
    clock.begin_batch(time_point{1h}, noon);
    BOOST_TEST((clock.wait_of(noon - 5ms) == 0s));  // nothing is known of the clocks yet
    clock.begin_batch(time_point{1h + 20ms}, noon + 20ms);
    BOOST_TEST((clock.wait_of(noon + 15ms) == 5ms));
    BOOST_TEST((clock.wait_of(noon + 20ms) == 0s));
    BOOST_TEST((clock.wait_of({}) == 0s));
    BOOST_TEST((clock.wait_of(noon + 21ms) == 0s));  // came after the batch had begun
    BOOST_TEST((clock.wait_of(noon - 9s) == 9s + 20ms));
    BOOST_TEST((clock.wait_of(noon - 1h) == 0s));
}

BOOST_AUTO_TEST_CASE(stamps_are_not_believed_when_the_wall_clock_was_set) {
    for (const auto step : {-1h, +1h}) {
        arrival_clock clock;
        arrival_clock::wall_time noon = 12h;
        clock.begin_batch(time_point{1h}, noon);
        clock.begin_batch(time_point{1h + 20ms}, noon + 20ms);
        clock.begin_batch(time_point{1h + 40ms}, noon + 40ms + step);
        BOOST_TEST((clock.wait_of(noon + 35ms) == 0s));
        BOOST_TEST((clock.wait_of(noon + 35ms + step) == 0s));
        clock.begin_batch(time_point{1h + 60ms}, noon + 60ms + step);
        BOOST_TEST((clock.wait_of(noon + 55ms + step) == 5ms));
    }
    // It may be slewed, and much so in a long pause.
    arrival_clock slewed;
    slewed.begin_batch(time_point{1h}, 12h);
    slewed.begin_batch(time_point{2h}, 13h + 1s);
    BOOST_TEST((slewed.wait_of(13h + 1s - 3ms) == 3ms));
}
