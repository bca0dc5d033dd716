#define BOOST_TEST_MODULE load_average
#include "rtpproxy/engine/load_average.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

const auto percent = boost::test_tools::tolerance(0.01);

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_known_before_the_first_interval) {
    load_average load;
    BOOST_TEST(load.value() == 0.0);
    load.add(1s, 0s, 2);
    load.add(1s, 1s, 0);
    BOOST_TEST(load.value() == 0.0);
}

BOOST_AUTO_TEST_CASE(first_interval_counts_in_full) {
    load_average load;
    load.add(300ms, 1s, 1);
    BOOST_TEST(load.value() == 0.3, percent);
}

BOOST_AUTO_TEST_CASE(threads_share_the_work) {
    load_average load;
    load.add(1s, 1s, 4);
    BOOST_TEST(load.value() == 0.25, percent);
    load_average all;
    all.add(4s, 1s, 4);
    BOOST_TEST(all.value() == 1.0, percent);
}

BOOST_AUTO_TEST_CASE(a_change_is_followed_within_seconds_whatever_the_interval) {
    for (const duration interval : {duration{1s}, duration{250ms}, duration{5s}}) {
        load_average load;
        load.add(0s, interval, 1);
        for (duration passed{}; passed < load_average::memory; passed += interval)
            load.add(interval, interval, 1);
        BOOST_TEST(load.value() == 0.632, percent);
        for (duration passed{}; passed < 10 * load_average::memory; passed += interval)
            load.add(interval / 2, interval, 1);
        BOOST_TEST(load.value() == 0.5, percent);
    }
}

BOOST_AUTO_TEST_CASE(stays_between_idle_and_always_busy) {
    load_average load;
    load.add(1100ms, 1s, 1);
    BOOST_TEST(load.value() == 1.0);
    load.add(-1s, 1000s, 1);
    BOOST_TEST(load.value() >= 0.0);
}
