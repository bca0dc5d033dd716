#define BOOST_TEST_MODULE expiry_wheel
#include "rtpproxy/session/expiry_wheel.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <random>
#include <vector>

using namespace rtpproxy;

namespace {

std::size_t count_due(expiry_wheel& wheel) {
    std::size_t count = 0;
    while (wheel.next_due() != nullptr)
        ++count;
    return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(entry_is_due_at_its_tick_and_once) {
    expiry_wheel wheel{0};
    expiry_entry entry;
    wheel.schedule(entry, 5);
    wheel.advance(4);
    BOOST_TEST(count_due(wheel) == 0u);
    wheel.advance(5);
    BOOST_TEST(wheel.next_due() == &entry);
    BOOST_TEST(count_due(wheel) == 0u);
    wheel.advance(2000);
    BOOST_TEST(count_due(wheel) == 0u);
}

BOOST_AUTO_TEST_CASE(deadline_beyond_one_round_waits_for_its_round) {
    expiry_wheel wheel{0};
    expiry_entry entry;
    wheel.schedule(entry, 1500);
    for (tick now = 1; now < 1500; ++now) {
        wheel.advance(now);
        BOOST_REQUIRE(wheel.next_due() == nullptr);
    }
    wheel.advance(1500);
    BOOST_TEST(wheel.next_due() == &entry);
}

BOOST_AUTO_TEST_CASE(rescheduling_replaces_the_deadline_even_when_due) {
    expiry_wheel wheel{0};
    expiry_entry entry;
    wheel.schedule(entry, 5);
    wheel.schedule(entry, 8);
    wheel.advance(5);
    BOOST_TEST(count_due(wheel) == 0u);
    wheel.advance(8);
    wheel.schedule(entry, 10);
    BOOST_TEST(count_due(wheel) == 0u);
    wheel.advance(10);
    BOOST_TEST(count_due(wheel) == 1u);
}

BOOST_AUTO_TEST_CASE(past_deadline_is_due_next) {
    expiry_wheel wheel{100};
    expiry_entry entry;
    wheel.schedule(entry, 3);
    wheel.advance(101);
    BOOST_TEST(wheel.next_due() == &entry);
}

BOOST_AUTO_TEST_CASE(a_long_stall_finds_everything) {
    expiry_wheel wheel{0};
    std::vector<expiry_entry> entries(2000);
    for (std::size_t i = 0; i < entries.size(); ++i)
        wheel.schedule(entries[i], static_cast<tick>(i + 1));
    wheel.advance(100'000);
    BOOST_TEST(count_due(wheel) == 2000u);
}

BOOST_AUTO_TEST_CASE(destroyed_entry_leaves_the_wheel) {
    expiry_wheel wheel{0};
    auto entry = std::make_unique<expiry_entry>();
    wheel.schedule(*entry, 1);
    wheel.advance(1);
    entry.reset();
    BOOST_TEST(wheel.next_due() == nullptr);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_plain_list) {
    std::mt19937 random{7};
    expiry_wheel wheel{0};
    std::vector<expiry_entry> entries(300);
    std::vector<tick> due(entries.size(), 0);  // 0: not scheduled
    for (tick now = 1; now < 3000; ++now) {
        for (int i = 0; i < 5; ++i) {
            const auto chosen = random() % entries.size();
            due[chosen] = now + static_cast<tick>(random() % 900);
            if (due[chosen] < now) due[chosen] = now;
            wheel.schedule(entries[chosen], due[chosen]);
        }
        wheel.advance(now);
        std::size_t expected = 0;
        for (auto& deadline : due)
            if (deadline != 0 && deadline <= now) {
                deadline = 0;
                ++expected;
            }
        BOOST_REQUIRE_EQUAL(count_due(wheel), expected);
    }
}
