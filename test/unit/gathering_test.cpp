#define BOOST_TEST_MODULE gathering
#include "rtpproxy/media/gathering.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

/// Packets at a steady rate, in batches of one, for `time`.
void feed(gathering& policy, time_point& now, int packets_a_second, duration time) {
    const auto gap = std::chrono::duration_cast<duration>(1s) / packets_a_second;
    for (const auto end = now + time; now < end; now += gap)
        policy.on_batch(1, now);
}

}  // namespace

BOOST_AUTO_TEST_CASE(begins_when_packets_come_thick_and_ends_when_they_thin_out) {
    gathering policy{500us};
    time_point now{1h};
    feed(policy, now, 10'000, 200ms);
    BOOST_TEST(!policy.worthwhile());
    feed(policy, now, 50'000, 200ms);
    BOOST_TEST(policy.worthwhile());
    feed(policy, now, 15'000, 200ms);  // between the two rates it stays as it is
    BOOST_TEST(policy.worthwhile());
    feed(policy, now, 5'000, 200ms);
    BOOST_TEST(!policy.worthwhile());
    feed(policy, now, 15'000, 200ms);
    BOOST_TEST(!policy.worthwhile());
}

BOOST_AUTO_TEST_CASE(large_batches_count_by_their_packets) {
    gathering policy{500us};
    time_point now{1h};
    for (int i = 0; i < 100; ++i, now += 1ms)
        policy.on_batch(50, now);
    BOOST_TEST(policy.worthwhile());
    for (int i = 0; i < 100; ++i, now += 1ms)
        policy.on_batch(0, now);
    BOOST_TEST(!policy.worthwhile());
}

BOOST_AUTO_TEST_CASE(a_pause_ends_it_with_the_next_batch) {
    gathering policy{500us};
    time_point now{1h};
    feed(policy, now, 50'000, 200ms);
    BOOST_TEST(policy.worthwhile());
    policy.on_batch(1, now + 10s);
    BOOST_TEST(!policy.worthwhile());
}

BOOST_AUTO_TEST_CASE(switched_off_it_never_gathers) {
    gathering policy{0us};
    time_point now{1h};
    feed(policy, now, 100'000, 200ms);
    BOOST_TEST(!policy.worthwhile());
}
