#define BOOST_TEST_MODULE play_queue
#include "rtpproxy/services/play_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

/// Writes its letter each time it is due; `left` times, `step` apart.
class letter final : public play_entry {
  public:
    letter(std::string& journal, char name, int left, duration step)
        : journal_(journal), name_(name), left_(left), step_(step) {}

    std::function<void()> when_done = [] {};

  private:
    std::optional<time_point> do_due_work(time_point now) noexcept override {
        journal_ += name_;
        if (--left_ == 0) return std::nullopt;
        return now + step_;
    }
    void on_all_done() noexcept override {
        journal_ += '.';
        const auto done = when_done;
        done();
    }

    std::string& journal_;
    char name_;
    int left_;
    duration step_;
};

constexpr time_point zero{};
constexpr std::size_t no_limit = 1000;

}  // namespace

BOOST_AUTO_TEST_CASE(entries_work_in_the_order_they_are_due) {
    std::string journal;
    play_queue queue;
    letter a(journal, 'a', 3, 10ms), b(journal, 'b', 2, 16ms), c(journal, 'c', 1, 0ms);
    queue.schedule(a, zero + 5ms);
    queue.schedule(b, zero);
    queue.schedule(c, zero + 12ms);
    for (auto now = zero; queue.next_due(); now += 1ms)
        queue.run_due(now, no_limit);
    BOOST_TEST(journal == "bac.ab.a.");
}

BOOST_AUTO_TEST_CASE(nothing_is_early) {
    std::string journal;
    play_queue queue;
    letter a(journal, 'a', 1, 0ms);
    queue.schedule(a, zero + 5ms);
    BOOST_TEST(!queue.run_due(zero + 5ms - 1ns, no_limit));
    BOOST_TEST(journal == "");
    BOOST_TEST((queue.next_due() == zero + 5ms));
    queue.run_due(zero + 5ms, no_limit);
    BOOST_TEST(journal == "a.");
    BOOST_TEST(!queue.next_due());
}

BOOST_AUTO_TEST_CASE(limit_leaves_the_rest_for_later) {
    std::string journal;
    play_queue queue;
    letter a(journal, 'a', 1, 0ms), b(journal, 'b', 1, 0ms);
    queue.schedule(a, zero);
    queue.schedule(b, zero);
    BOOST_TEST(queue.run_due(zero, 1));
    BOOST_TEST(journal == "a.");
    BOOST_TEST(!queue.run_due(zero, 1));
    BOOST_TEST(journal == "a.b.");
}

BOOST_AUTO_TEST_CASE(scheduling_again_moves_an_entry) {
    std::string journal;
    play_queue queue;
    letter a(journal, 'a', 1, 0ms);
    queue.schedule(a, zero);
    queue.schedule(a, zero + 1s);
    queue.run_due(zero, no_limit);
    BOOST_TEST(journal == "");
    queue.run_due(zero + 1s, no_limit);
    BOOST_TEST(journal == "a.");
}

BOOST_AUTO_TEST_CASE(entry_leaves_when_it_is_destroyed_and_may_destroy_itself) {
    std::string journal;
    play_queue queue;
    auto gone = std::make_unique<letter>(journal, 'a', 1, 0ms);
    auto ends_itself = std::make_unique<letter>(journal, 'b', 1, 0ms);
    ends_itself->when_done = [&] { ends_itself.reset(); };
    queue.schedule(*gone, zero);
    queue.schedule(*ends_itself, zero);
    gone.reset();
    queue.run_due(zero, no_limit);
    BOOST_TEST(journal == "b.");
    BOOST_TEST(!ends_itself);
    BOOST_TEST(!queue.next_due());
}
