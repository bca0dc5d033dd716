#define BOOST_TEST_MODULE inactivity
#include "rtpproxy/session/inactivity.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace rtpproxy;
using mode = inactivity::mode;

BOOST_AUTO_TEST_CASE(unanswered_session_follows_the_setup_limit) {
    const inactivity life{mode::shared, 3, 60, 100};
    BOOST_TEST(*life.expiry() == 104u);
    BOOST_TEST(life.remaining(100) == 3u);
    BOOST_TEST(life.remaining(103) == 0u);
    BOOST_TEST(life.remaining(200) == 0u);
}

BOOST_AUTO_TEST_CASE(completion_starts_the_full_limit) {
    inactivity life{mode::shared, 3, 60, 100};
    life.complete(102);
    BOOST_TEST(*life.expiry() == 163u);
}

BOOST_AUTO_TEST_CASE(shared_limit_is_restarted_by_either_party) {
    inactivity life{mode::shared, 5, 5, 0};
    life.complete(0);
    life.on_media(side::callee, 7);
    BOOST_TEST(*life.expiry() == 13u);
    life.on_media(side::caller, 9);
    BOOST_TEST(*life.expiry() == 15u);
    life.restart(12);
    BOOST_TEST(*life.expiry() == 18u);
}

BOOST_AUTO_TEST_CASE(independent_limits_end_with_the_quieter_party) {
    inactivity life{mode::independent, 5, 5, 0};
    life.complete(0);
    life.on_media(side::callee, 100);
    BOOST_TEST(*life.expiry() == 6u);
    life.on_media(side::caller, 99);
    BOOST_TEST(*life.expiry() == 105u);
}

BOOST_AUTO_TEST_CASE(limit_set_for_one_party_holds_for_both_in_shared_mode_only) {
    inactivity shared{mode::shared, 5, 5, 0};
    shared.set_limit(side::caller, 50, 10);
    BOOST_TEST(*shared.expiry() == 61u);

    inactivity independent{mode::independent, 5, 5, 0};
    independent.set_limit(side::caller, 50, 3);
    BOOST_TEST(*independent.expiry() == 6u);  // the callee's silence is not forgiven
}

BOOST_AUTO_TEST_CASE(limit_set_before_completion_is_remembered) {
    inactivity life{mode::shared, 5, 60, 0};
    life.set_limit(side::callee, 9, 0);
    life.complete(1);
    BOOST_TEST(*life.expiry() == 11u);
}

BOOST_AUTO_TEST_CASE(own_limit_counts_own_silence_once_complete) {
    inactivity life{mode::shared, 5, 60, 0};
    life.set_own_limit(side::caller, 2);
    BOOST_TEST(*life.expiry() == 6u);
    life.complete(10);
    BOOST_TEST(*life.expiry() == 13u);
    life.on_media(side::callee, 12);
    BOOST_TEST(*life.expiry() == 13u);
    life.on_media(side::caller, 12);
    BOOST_TEST(*life.expiry() == 15u);
}

BOOST_AUTO_TEST_CASE(own_limit_0_leaves_the_other_partys_rule) {
    inactivity life{mode::shared, 5, 60, 0};
    life.set_own_limit(side::caller, 0);
    life.complete(0);
    BOOST_TEST(*life.expiry() == 61u);
    life.on_media(side::caller, 30);
    BOOST_TEST(*life.expiry() == 91u);  // the shared rule hears both parties
    life.set_own_limit(side::callee, 0);
    BOOST_TEST(!life.expiry());
    BOOST_TEST(life.remaining(1000) == 60u);
}

BOOST_AUTO_TEST_CASE(huge_limits_do_not_wrap) {
    inactivity life{mode::shared, 5, 60, 0};
    life.set_limit(side::caller, std::numeric_limits<unsigned>::max(), 1000);
    BOOST_TEST(*life.expiry() == std::numeric_limits<tick>::max());
    BOOST_TEST(life.remaining(1000) > 4'000'000'000u);
}
