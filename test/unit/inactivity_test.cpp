#define BOOST_TEST_MODULE inactivity
#include "rtpproxy/session/inactivity.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace rtpproxy;
using mode = inactivity::mode;
using hold_cause = inactivity::hold_cause;

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

BOOST_AUTO_TEST_CASE(session_on_hold_has_a_limit_of_its_own) {
    for (const auto counting : {mode::shared, mode::independent})
        for (const side held : both_sides)
            for (const auto cause : {hold_cause::signalled, hold_cause::prompt}) {
                inactivity life{counting, 5, 60, 0, 3600};
                life.complete(0);
                life.set_held(held, cause, true, 10);
                BOOST_TEST(*life.expiry() == 3601u);
                BOOST_TEST(life.remaining(0) == 3600u);
                life.on_media(side::caller, 100);
                life.on_media(side::callee, 100);
                BOOST_TEST(*life.expiry() == 3701u);
                life.set_held(held, cause, false, 2000);
                BOOST_TEST(*life.expiry() == 2061u);  // silence counts anew
            }
}

BOOST_AUTO_TEST_CASE(hold_lasts_until_the_last_cause_is_gone) {
    inactivity life{mode::shared, 5, 60, 0, 3600};
    life.complete(0);
    life.set_held(side::caller, hold_cause::signalled, true, 0);
    life.set_held(side::callee, hold_cause::signalled, true, 0);
    life.set_held(side::callee, hold_cause::prompt, true, 0);
    life.set_held(side::callee, hold_cause::prompt, true, 0);
    life.set_held(side::callee, hold_cause::prompt, false, 10);
    life.set_held(side::caller, hold_cause::signalled, false, 20);
    BOOST_TEST(*life.expiry() == 3601u);
    life.set_held(side::callee, hold_cause::signalled, false, 30);
    BOOST_TEST(*life.expiry() == 91u);
    life.set_held(side::callee, hold_cause::signalled, false, 40);
    BOOST_TEST(*life.expiry() == 91u);  // nothing ended
}

BOOST_AUTO_TEST_CASE(hold_before_completion_does_not_lengthen_the_setup) {
    inactivity life{mode::shared, 3, 60, 100, 3600};
    life.set_held(side::caller, hold_cause::signalled, true, 100);
    BOOST_TEST(*life.expiry() == 104u);
    life.set_held(side::callee, hold_cause::prompt, true, 101);
    life.set_held(side::callee, hold_cause::prompt, false, 102);
    BOOST_TEST(*life.expiry() == 104u);
    life.complete(103);
    BOOST_TEST(*life.expiry() == 3704u);
}

BOOST_AUTO_TEST_CASE(hold_never_shortens_a_limit) {
    inactivity life{mode::shared, 5, 60, 0, 10};
    life.complete(0);
    life.set_held(side::caller, hold_cause::signalled, true, 0);
    BOOST_TEST(*life.expiry() == 61u);
}

BOOST_AUTO_TEST_CASE(limits_that_the_controller_sets_hold_on_hold_as_well) {
    inactivity life{mode::shared, 5, 60, 0, 3600};
    life.complete(0);
    life.set_held(side::caller, hold_cause::signalled, true, 0);
    life.set_limit(side::caller, 9, 10);
    BOOST_TEST(*life.expiry() == 20u);

    inactivity own{mode::shared, 5, 60, 0, 3600};
    own.complete(0);
    own.set_held(side::caller, hold_cause::signalled, true, 0);
    own.set_own_limit(side::callee, 7);
    BOOST_TEST(*own.expiry() == 8u);
    own.set_own_limit(side::callee, 0);
    BOOST_TEST(*own.expiry() == 3601u);
    own.set_own_limit(side::caller, 0);
    BOOST_TEST(!own.expiry());
    BOOST_TEST(!own.next_look(100));
    BOOST_TEST(own.remaining(1000) == 3600u);
}

BOOST_AUTO_TEST_CASE(session_on_hold_is_looked_at_before_its_usual_limit_could_be_over) {
    inactivity life{mode::shared, 5, 60, 0, 3600};
    life.complete(0);
    BOOST_TEST(*life.next_look(30) == 61u);
    life.set_held(side::caller, hold_cause::prompt, true, 0);
    BOOST_TEST(*life.next_look(30) == 91u);
    BOOST_TEST(*life.next_look(3590) == 3601u);
    life.set_held(side::caller, hold_cause::prompt, false, 40);
    BOOST_TEST(*life.expiry() >= 91u);
}

BOOST_AUTO_TEST_CASE(huge_limits_do_not_wrap) {
    inactivity life{mode::shared, 5, 60, 0};
    life.set_limit(side::caller, std::numeric_limits<unsigned>::max(), 1000);
    BOOST_TEST(*life.expiry() == std::numeric_limits<tick>::max());
    BOOST_TEST(life.remaining(1000) > 4'000'000'000u);
}
