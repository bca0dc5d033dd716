#define BOOST_TEST_MODULE session_table
#include "rtpproxy/session/session_table.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace rtpproxy;

namespace {

const std::string call = "a-call-id-that-is-longer-than-a-string-holds-by-itself@192.0.2.1";

struct fixture {
    session& add(const std::string& call_id, const std::string& tag) {
        const inactivity life{inactivity::mode::shared, 60, 60, 0};
        return table.add(std::make_unique<session>(call_id, tag, life, time_point{}));
    }
    session* find(const std::string& call_id, const std::string& tag) const {
        return table.find_stream(call_id, tag, {}).found;
    }

    /// @returns how many there were.
    std::size_t remove_all() {
        std::size_t removed = 0;
        table.remove_all([&](std::unique_ptr<session>) { ++removed; });
        return removed;
    }

    session_table table;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sessions, fixture)

BOOST_AUTO_TEST_CASE(streams_of_a_call_leave_in_any_order) {
    std::vector<std::size_t> order{0, 1, 2};
    do {
        std::vector<session*> streams;
        for (const auto* tag : {"f;1", "f;2", "f;3"})
            streams.push_back(&add(call, tag));
        (void)add("another call", "f;1");

        for (std::size_t left = 3; const auto leaving : order) {
            const auto tag = streams[leaving]->from_tag();
            auto removed = table.remove(*streams[leaving]);
            BOOST_TEST(removed.get() == streams[leaving]);
            removed.reset();  // and its call-id with it
            BOOST_TEST(find(call, tag) == nullptr);
            BOOST_TEST(table.find_all_streams(call, "f", {}).size() == --left);
            BOOST_TEST(table.size() == left + 1);
        }
        BOOST_TEST(find("another call", "f;1") != nullptr);
        BOOST_TEST(remove_all() == 1U);
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(a_call_may_come_back) {
    session& first = add(call, "f");
    BOOST_TEST(table.remove(first).get() == &first);
    BOOST_TEST(table.size() == 0U);
    session& second = add(call, "f");
    BOOST_TEST(find(call, "f") == &second);
}

BOOST_AUTO_TEST_CASE(many_calls_are_told_apart) {
    constexpr int calls = 5000;
    std::vector<session*> added;
    for (int i = 0; i < calls; ++i)
        added.push_back(&add(call + std::to_string(i), "f"));
    for (std::size_t i = 0; i < calls; i += 2)
        (void)table.remove(*added[i]);
    for (std::size_t i = 0; i < calls; ++i)
        BOOST_TEST_REQUIRE(find(call + std::to_string(i), "f") == (i % 2 == 0 ? nullptr : added[i]));
    BOOST_TEST(remove_all() == calls / 2U);
    BOOST_TEST(table.size() == 0U);
    BOOST_TEST(find(call + "1", "f") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
