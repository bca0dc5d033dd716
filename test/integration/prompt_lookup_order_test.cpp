#define BOOST_TEST_MODULE prompt_lookup_order
#include "rtpproxy/engine/helper_threads.hpp"
#include "rtpproxy/engine/shard.hpp"

#include "support/command_script.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

/// A command to the shard, whose reply is written down.
class noted_request final : public shard::request {
  public:
    noted_request(std::vector<std::string>& journal, std::size_t& waiting, std::string_view text)
        : request(text), journal_(journal), waiting_(waiting) {}
    void on_result(command_result result) noexcept override {
        journal_.push_back(std::string{text()} + " = " + result.reply);
    }
    void on_waiting() noexcept override { ++waiting_; }

  private:
    std::vector<std::string>& journal_;
    std::size_t& waiting_;
};

/// `X`, without interest in its outcome.
class silent_removal final : public shard::removal {
    void on_removed() noexcept override {}
};

/// A shard whose prompts are on a disk that takes as long as the test likes.
struct shard_with_slow_disk {
    explicit shard_with_slow_disk(const port_range& ports = {.min = 30000, .max = 39998}) : pool(ports) {
        std::ofstream(directory / "moh.0") << std::string(8000, 'x');
        only.start();
    }
    ~shard_with_slow_disk() { only.close(); }

    void command(const std::string& text) {
        send(text);
        settle();
    }
    void send(const std::string& text) {
        auto sent = std::make_shared<noted_request>(journal, waiting, text);
        const auto parsed = parse_command(sent->text(), parsing);
        std::visit(
            [&](const auto& each) {
                if constexpr (std::is_constructible_v<session_command, decltype(each)>) sent->asked = each;
            },
            *parsed);
        only.send(std::move(sent));
    }
    void play(const std::string& call) { command("P " + call + " " + (directory / "moh") + " 0 f"); }
    /// The disk is there again: what was asked of it is done.
    void disk_works() {
        while (!disk.empty()) {
            const auto job = std::move(disk.front());
            disk.pop_front();
            job();
            settle();
        }
    }
    void settle() {
        context.restart();
        context.poll();
    }
    /// What has been answered since the last time.
    std::string answered() {
        std::string all;
        for (const auto& each : std::exchange(journal, {}))
            all += each.substr(0, each.find(' ')) + each.substr(each.rfind(' ')) + "; ";
        return all;
    }

    temporary_directory directory;
    std::vector<std::string> journal;
    std::size_t waiting = 0;  // commands that were said to wait for their call
    std::deque<std::function<void()>> disk;
    prompt_library library{{.trusted_for = -1s},
                           [this](std::function<void()> job) { disk.push_back(std::move(job)); }};
    local_addresses addresses{{make_local("127.0.0.1")}};
    parse_context parsing{addresses, [](const auto&) { return std::nullopt; }};
    port_pool pool;
    media_destinations destinations{pool, open_destinations()};
    boost::asio::io_context context{1};
    shard only{context,
               {.sessions = {.internal_address = addresses.default_address()},
                .epoch = steady_clock::now(),
                .prompts = &library},
               pool,
               destinations,
               [](timeout_notice) {}};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(commands_of_the_call_wait_in_order_and_others_do_not, shard_with_slow_disk) {
    command("Uc0 a 127.0.0.1 4000 f");
    command("Uc0 b 127.0.0.1 4000 f");
    static_cast<void>(answered());
    play("a");
    command("S a f");
    play("a");
    command("Q a f t nrelayed");
    command("D a f");
    command("Q a f t nrelayed");
    BOOST_TEST(answered() == "");
    BOOST_TEST(waiting == 6u);
    command("Q b f t nrelayed");
    command("D b f");
    BOOST_TEST(answered() == "Q 0; D 0; ");
    disk_works();
    BOOST_TEST(waiting == 6u);  // each is said once, though the second P looks for its prompt after it waited
    BOOST_TEST(answered() == "P 0; S 0; P 0; Q 0; D 0; Q E50; ");
    BOOST_TEST(only.statistics().players_created.value() == 2u);
    BOOST_TEST(only.statistics().players_destroyed.value() == 2u);
}

BOOST_FIXTURE_TEST_CASE(commands_that_play_nothing_do_not_wait_for_the_disk, shard_with_slow_disk) {
    command("P none moh 0 f");
    command("Uc0 a 127.0.0.1 4000 f");
    command("P0 a moh 0 f");
    command("P a moh session t f");
    BOOST_TEST(journal.size() == 4u);
    BOOST_TEST(disk.empty());
    BOOST_TEST(only.statistics().players_created.value() == 0u);
}

BOOST_FIXTURE_TEST_CASE(session_may_end_while_its_prompt_is_looked_up, shard_with_slow_disk) {
    command("Uc0 a 127.0.0.1 4000 f");
    static_cast<void>(answered());
    play("a");
    only.send(std::make_shared<silent_removal>());
    settle();
    disk_works();
    BOOST_TEST(answered() == "P E50; ");
}

BOOST_FIXTURE_TEST_CASE(shard_may_end_while_prompts_are_looked_up, shard_with_slow_disk) {
    command("Uc0 a 127.0.0.1 4000 f");
    static_cast<void>(answered());
    play("a");
    command("S a f");
    only.close();
    disk_works();
    BOOST_TEST(answered() == "");
    BOOST_TEST(only.statistics().players_created.value() == 0u);
}

BOOST_FIXTURE_TEST_CASE(prompt_that_takes_too_long_is_given_up, shard_with_slow_disk) {
    command("Uc0 a 127.0.0.1 4000 f");
    static_cast<void>(answered());
    play("a");
    command("S a f");
    const auto end = steady_clock::now() + 60s;
    while (journal.size() < 2 && steady_clock::now() < end) {
        context.restart();
        context.run_one_for(100ms);
    }
    BOOST_TEST(answered() == "P E60; S 0; ");
    disk_works();  // too late
    BOOST_TEST(answered() == "");
    play("a");
    disk_works();
    BOOST_TEST(answered() == "P 0; ");
}

BOOST_AUTO_TEST_CASE(helpers_do_their_jobs_elsewhere_and_end_with_them) {
    std::promise<std::thread::id> done;
    std::atomic<int> jobs = 0;
    helper_threads helpers;
    helpers.start(2);
    helpers.run([&] { done.set_value(std::this_thread::get_id()); });
    BOOST_TEST((done.get_future().get() != std::this_thread::get_id()));
    for (int i = 0; i < 100; ++i)
        helpers.run([&] { ++jobs; });
    helpers.stop();
    const int before = jobs;
    helpers.run([&] { ++jobs; });
    helpers.stop();
    BOOST_TEST(jobs == before);
}

BOOST_AUTO_TEST_CASE(a_job_that_throws_ends_alone) {
    std::promise<void> done;
    helper_threads helpers;
    helpers.start(1);
    helpers.run([] { throw std::bad_alloc(); });
    helpers.run([&] { done.set_value(); });
    done.get_future().get();
}

BOOST_FIXTURE_TEST_CASE(of_one_call_only_so_many_commands_wait, shard_with_slow_disk) {
    command("Uc0 a 127.0.0.1 4000 f");
    static_cast<void>(answered());
    play("a");
    for (std::size_t i = 0; i < 32; ++i)
        command("S a f");
    BOOST_TEST(answered() == "");
    command("S a f");
    BOOST_TEST(answered() == "S E98; ");
    disk_works();
    BOOST_TEST(answered().starts_with("P 0; S 0; "));
}

BOOST_AUTO_TEST_CASE(search_for_a_free_port_lets_other_calls_go_first_and_keeps_the_order_of_its_own) {
    constexpr std::uint16_t first = 18600;
    constexpr std::uint16_t last = 19198;
    constexpr std::uint16_t free = 18898;
    boost::asio::io_context context;
    std::vector<boost::asio::ip::udp::socket> foreign;
    for (std::uint16_t port = first; port <= last; port = static_cast<std::uint16_t>(port + 2))
        if (port != free) foreign.emplace_back(context, make_endpoint("127.0.0.1", port));

    shard_with_slow_disk with{{.min = first, .max = last, .sequential = true}};
    with.send("Uc0 a 127.0.0.1 4000 f");
    with.send("D a f");
    with.send("D none f");
    with.settle();
    BOOST_TEST(
        with.journal == (std::vector<std::string>{"D none f = E50",
                                                  "Uc0 a 127.0.0.1 4000 f = 18898 127.0.0.1", "D a f = 0"}),
        boost::test_tools::per_element());
    with.journal.clear();
    with.command("Uc0 b 127.0.0.1 4000 f");  // the others were looked at a moment ago, and this one rests
    with.command("Uc0 c 127.0.0.1 4000 f");
    BOOST_TEST(with.answered() == "Uc0 127.0.0.1; Uc0 E72; ");
}
