#define BOOST_TEST_MODULE log_rate_limit
#include "rtpproxy/log/token_bucket.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

using namespace std::chrono_literals;
using rtpproxy::log::token_bucket;

namespace {

constexpr token_bucket::time_point start{1000h};

int take_all(token_bucket& bucket, token_bucket::time_point now, int tries) {
    int taken = 0;
    for (int i = 0; i < tries; ++i)
        taken += bucket.try_take(now) ? 1 : 0;
    return taken;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_burst_passes_and_no_more) {
    token_bucket bucket(500, 2000);
    BOOST_TEST(take_all(bucket, start, 10'000) == 2000);
}

BOOST_AUTO_TEST_CASE(tokens_come_back_at_the_rate) {
    token_bucket bucket(500, 2000);
    take_all(bucket, start, 10'000);
    BOOST_TEST(take_all(bucket, start + 1ms, 10) == 0);
    BOOST_TEST(take_all(bucket, start + 2ms, 10) == 1);
    BOOST_TEST(take_all(bucket, start + 1002ms, 10'000) == 500);
}

BOOST_AUTO_TEST_CASE(an_idle_bucket_fills_to_the_burst_only) {
    token_bucket bucket(500, 2000);
    take_all(bucket, start, 10'000);
    BOOST_TEST(take_all(bucket, start + 240h, 10'000) == 2000);
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_back_gives_nothing_away) {
    token_bucket bucket(1, 1);
    BOOST_TEST(bucket.try_take(start));
    BOOST_TEST(!bucket.try_take(start - 10s));
    BOOST_TEST(bucket.try_take(start + 1s));
}

BOOST_AUTO_TEST_CASE(threads_together_get_no_more_than_one) {
    token_bucket bucket(500, 2000);
    std::atomic<int> taken = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] { taken += take_all(bucket, start, 5000); });
    }
    BOOST_TEST(taken == 2000);
}
