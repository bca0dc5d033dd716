#define BOOST_TEST_MODULE busy_calls
#include "rtpproxy/engine/busy_calls.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;

namespace {

bool waits(busy_calls<int>& calls, const std::string& call_id, int command) {
    return calls.wait_behind(call_id, command) == call_state::waits;
}

}  // namespace

BOOST_AUTO_TEST_CASE(commands_of_a_busy_call_wait_in_order) {
    busy_calls<int> calls;
    BOOST_TEST(!waits(calls, "a", 1));
    calls.mark("a");
    BOOST_TEST(waits(calls, "a", 2));
    BOOST_TEST(waits(calls, "a", 3));
    BOOST_TEST((calls.take_next("a") == 2));
    BOOST_TEST(waits(calls, "a", 4));  // 2 is under way
    BOOST_TEST((calls.take_next("a") == 3));
    BOOST_TEST((calls.take_next("a") == 4));
    BOOST_TEST(waits(calls, "a", 5));
    BOOST_TEST((calls.take_next("a") == 5));
    BOOST_TEST(!calls.take_next("a"));
    BOOST_TEST(!waits(calls, "a", 6));
}

BOOST_AUTO_TEST_CASE(other_calls_do_not_wait) {
    busy_calls<int> calls;
    calls.mark("a");
    BOOST_TEST(!waits(calls, "b", 1));
    BOOST_TEST(!calls.take_next("b"));
    calls.clear();
    BOOST_TEST(!waits(calls, "a", 1));
}

BOOST_AUTO_TEST_CASE(of_one_call_only_so_many_wait) {
    busy_calls<int> calls;
    calls.mark("a");
    calls.mark("b");
    for (int i = 0; i < static_cast<int>(busy_calls<int>::most_waiting); ++i)
        BOOST_TEST(waits(calls, "a", i));
    BOOST_TEST((calls.wait_behind("a", 0) == call_state::crowded));
    BOOST_TEST(waits(calls, "b", 0));
    static_cast<void>(calls.take_next("a"));
    BOOST_TEST(waits(calls, "a", 0));
}
