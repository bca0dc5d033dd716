#define BOOST_TEST_MODULE capacity
#include "rtpproxy/app/capacity.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;

BOOST_AUTO_TEST_CASE(a_pair_is_an_even_port_and_its_neighbour_in_the_range) {
    struct {
        std::uint16_t min, max;
        std::uint64_t pairs;
    } const cases[] = {
        {10000, 10000, 0},     {10000, 10001, 1}, {10000, 10002, 1}, {10001, 10002, 0}, {10001, 10003, 1},
        {35000, 65000, 15000}, {1, 65535, 32767}, {0, 65535, 32768}, {65535, 65535, 0}, {20000, 10000, 0},
    };
    for (const auto& tc : cases)
        BOOST_TEST_CONTEXT(tc.min << "-" << tc.max)
    BOOST_TEST(port_pairs_between(tc.min, tc.max) == tc.pairs);
}

BOOST_AUTO_TEST_CASE(ports_limit_when_files_abound) {
    const auto found =
        capacity_of({.min_port = 10000, .max_port = 10399, .addresses = 2, .open_files = 1 << 20});
    BOOST_TEST(found.port_pairs == 400u);
    BOOST_TEST(found.sessions == 200u);
    BOOST_TEST((found.limited_by == capacity::bound::ports));
}

BOOST_AUTO_TEST_CASE(files_limit_at_the_usual_1024) {
    const auto found =
        capacity_of({.min_port = 35000, .max_port = 65000, .open_files = 1024, .other_files = 20});
    BOOST_TEST(found.descriptors == 940u);
    BOOST_TEST(found.sessions == 235u);
    BOOST_TEST((found.limited_by == capacity::bound::open_files));
}

BOOST_AUTO_TEST_CASE(a_small_limit_keeps_an_eighth_back) {
    BOOST_TEST(descriptors_kept_back(1024) == 64u);
    BOOST_TEST(descriptors_kept_back(100) == 12u);
    BOOST_TEST(descriptors_kept_back(0) == 0u);
}

BOOST_AUTO_TEST_CASE(too_few_files_for_the_reserve_leave_no_session) {
    const auto found =
        capacity_of({.min_port = 10000, .max_port = 20000, .open_files = 64, .other_files = 56});
    BOOST_TEST(found.descriptors == 0u);
    BOOST_TEST(found.sessions == 0u);
}

BOOST_AUTO_TEST_CASE(a_configured_number_may_be_the_least) {
    const capacity_limits limits{
        .min_port = 10000, .max_port = 20000, .open_files = 100000, .max_sessions = 7};
    const auto found = capacity_of(limits);
    BOOST_TEST(found.sessions == 7u);
    BOOST_TEST((found.limited_by == capacity::bound::max_sessions));
    BOOST_TEST(
        describe(found).ends_with("limited by the configured number of sessions; raise with --max-sessions"));
    auto generous = limits;
    generous.max_sessions = 1'000'000;
    BOOST_TEST((capacity_of(generous).limited_by == capacity::bound::ports));
}

BOOST_AUTO_TEST_CASE(an_unlimited_number_of_files_does_not_overflow) {
    const auto found = capacity_of({.min_port = 0, .max_port = 65535, .addresses = 16, .open_files = ~0ULL});
    BOOST_TEST(found.sessions == 16u * 32768 / 2);
}

BOOST_AUTO_TEST_CASE(the_line_names_limit_and_remedy) {
    BOOST_TEST(describe({.port_pairs = 400, .descriptors = 940, .sessions = 200}) ==
               "capacity: 200 sessions (port pairs: 400, open files: 940), limited by the port range; "
               "raise with -m and -M");
    BOOST_TEST(describe({.port_pairs = 15000,
                         .descriptors = 940,
                         .sessions = 235,
                         .limited_by = capacity::bound::open_files}) ==
               "capacity: 235 sessions (port pairs: 15000, open files: 940), limited by the open files; "
               "raise with -L, or LimitNOFILE= in the unit file");
}
