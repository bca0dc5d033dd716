#define BOOST_TEST_MODULE server
#include "rtpproxy/engine/server.hpp"

#include "support/command_script.hpp"
#include "support/reply_to.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

/// The engine with its shards' threads, and a control strand that runs in the test's own thread.
struct running_server {
    explicit running_server(std::size_t shards = 3, session_settings sessions = {},
                            notify_targets targets = {})
        : notices(context.get_executor(), std::move(targets)),
          engine(context,
                 {.shards = {.sessions = with_address(std::move(sessions)), .epoch = steady_clock::now()},
                  .shard_count = shards,
                  .ports = {.min = 20000, .max = 29998}},
                 addresses, notices) {
        engine.start();
    }

    session_settings with_address(session_settings sessions) const {
        sessions.internal_address = addresses.default_address();
        return sessions;
    }

    using reply_handler = std::function<void(std::string)>;

    void execute(const std::string& text, reply_handler on_reply) {
        ++outstanding;
        engine.execute(text, {}, 0, reply_to([this, on_reply = std::move(on_reply)](std::string reply) {
                           --outstanding;
                           on_reply(std::move(reply));
                       }));
    }

    std::string ask(const std::string& text) {
        std::string answer;
        execute(text, [&](std::string reply) { answer = std::move(reply); });
        settle();
        return answer;
    }

    /// Runs the control strand until every command is answered; the whole test fails when that takes too
    /// long.
    void settle() {
        const auto deadline = steady_clock::now() + 60s;
        while (outstanding != 0) {
            BOOST_REQUIRE(steady_clock::now() < deadline);
            context.run_one_for(100ms);
        }
    }

    boost::asio::io_context context{1};
    local_addresses addresses{{make_local("127.0.0.1")}};
    notifier notices;
    server engine;
    int outstanding = 0;
};

/// Leaves the process no descriptor to open, while it lives.
class no_free_descriptor {
  public:
    no_free_descriptor() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
        ::close(next);
        const rlimit used_up{static_cast<rlim_t>(next), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &used_up);
    }
    ~no_free_descriptor() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

/// The signals that the thread of that name blocks, signal 1 in the lowest bit.
std::uint64_t signals_blocked_by(const std::string& thread_name) {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string word;
        std::ifstream status(thread.path() / "status");
        bool named = false;
        while (status >> word) {
            if (word == "Name:") named = status >> word && word == thread_name;
            if (word == "SigBlk:" && named && status >> word) return std::stoull(word, nullptr, 16);
        }
    }
    BOOST_FAIL("no thread is called " + thread_name);
    return 0;
}

std::string call(int i) {
    return "call-" + std::to_string(i);
}

}  // namespace

BOOST_AUTO_TEST_CASE(calls_spread_over_shards_are_all_set_up_and_deleted) {
    running_server running;
    constexpr int calls = 200;
    int ports = 0;
    for (int i = 0; i < calls; ++i) {
        const auto count_port = [&](const std::string& reply) { ports += reply.ends_with(" 127.0.0.1"); };
        running.execute("U " + call(i) + " 127.0.0.1 4000 from", count_port);
        running.execute("L " + call(i) + " 127.0.0.1 4002 from to", count_port);
    }
    running.settle();
    BOOST_TEST(ports == 2 * calls);
    BOOST_TEST(running.ask("G nsess_created nsess_complete nsess_destroyed") == "200 200 0");

    int deleted = 0;
    for (int i = 0; i < calls; ++i)
        running.execute("D " + call(i) + " from", [&](const std::string& reply) { deleted += reply == "0"; });
    running.settle();
    BOOST_TEST(deleted == calls);
    BOOST_TEST(running.engine.counters().live_sessions() == 0u);
}

BOOST_AUTO_TEST_CASE(commands_of_one_call_keep_their_order) {
    for (const std::size_t shards : {1, 3}) {
        running_server running{shards};
        std::vector<std::string> replies;
        for (int i = 0; i < 50; ++i) {
            for (const auto* text : {"U c 127.0.0.1 4000 f", "D c f", "D c f", "X"})
                running.execute(text, [&](std::string reply) { replies.push_back(std::move(reply)); });
            running.settle();
        }
        BOOST_REQUIRE(replies.size() == 200u);
        for (std::size_t i = 0; i < replies.size(); i += 4) {
            BOOST_TEST(replies[i].ends_with("127.0.0.1"));
            BOOST_TEST(replies[i + 1] == "0");
            BOOST_TEST(replies[i + 2] == "E50");
            BOOST_TEST(replies[i + 3] == "0");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_burst_beyond_one_turn_is_carried_out_in_order) {
    for (const std::size_t shards : {1, 3}) {
        running_server running{shards};
        std::vector<std::string> replies;
        const auto keep = [&](std::string reply) { replies.push_back(std::move(reply)); };
        for (int i = 0; i < 300; ++i) {
            running.execute("U c 127.0.0.1 4000 f", keep);
            running.execute("D c f", keep);
        }
        running.settle();
        BOOST_REQUIRE(replies.size() == 600u);
        for (std::size_t i = 0; i < replies.size(); i += 2) {
            BOOST_REQUIRE(replies[i].ends_with("127.0.0.1"));
            BOOST_REQUIRE(replies[i + 1] == "0");
        }
    }
}

BOOST_AUTO_TEST_CASE(delete_all_follows_the_commands_before_it) {
    running_server running{1};
    for (int i = 0; i < 60; ++i)
        running.execute("U " + call(i) + " 127.0.0.1 4000 f", [](const auto&) {});
    running.execute("X", [](const auto&) {});
    running.settle();
    BOOST_TEST(running.ask("I").find("active sessions: 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(delete_all_reaches_every_shard) {
    running_server running;
    for (int i = 0; i < 60; ++i)
        running.execute("U " + call(i) + " 127.0.0.1 4000 f", [](const auto&) {});
    running.settle();
    BOOST_TEST(running.ask("X") == "0");
    BOOST_TEST(running.ask("I").find("active sessions: 0\n") != std::string::npos);
    BOOST_TEST(running.ask("Q call-7 f") == "E50");
}

BOOST_AUTO_TEST_CASE(answers_about_the_server) {
    running_server running;
    BOOST_TEST(running.ask("V") == "20040107");
    BOOST_TEST(running.ask("VF 20050322") == "1");
    BOOST_TEST(running.ask("VF 20081224") == "0");
    BOOST_TEST(running.ask("VF 19990101") == "0");
    BOOST_TEST(running.ask("Y") == "E0");
    BOOST_TEST(running.ask("G") == "");
    BOOST_TEST(running.ask("L nosuch 127.0.0.1 4000 f t") == "0");
    BOOST_TEST(running.ask("Gv ncmds_rcvd ncmds_succd ncmds_errs ncmds_repld ncmds_rcvd_ndups") ==
               "ncmds_rcvd=8 ncmds_succd=5 ncmds_errs=2 ncmds_repld=7 ncmds_rcvd_ndups=0");
    BOOST_TEST(running.ask("U c 127.0.0.1 4000 f t /no/socket tag") == "E75");
    BOOST_TEST(running.ask("I") ==
               "sessions created: 0\nactive sessions: 0\nactive streams: 0\npackets received: 0\npackets "
               "transmitted: 0");
}

BOOST_AUTO_TEST_CASE(load_is_that_of_the_media_threads) {
    running_server running;
    const auto load = [&] {
        const auto summary = running.ask("Il");
        const std::string label = "\naverage load: ";
        const auto at = summary.find(label);
        BOOST_TEST_REQUIRE(at != std::string::npos);
        const auto figure = summary.substr(at + label.size());
        BOOST_TEST(figure.size() == std::string_view("0.000000").size());
        return std::stod(figure);
    };
    const auto deadline = steady_clock::now() + 60s;
    double busy = 0;
    while (busy < 0.001) {
        BOOST_REQUIRE(steady_clock::now() < deadline);
        running.ask("U c 127.0.0.1 4000 f");
        running.ask("D c f");
        busy = load();
    }
    BOOST_TEST(busy <= 1.0);
}

BOOST_AUTO_TEST_CASE(a_route_is_found_and_none_without_descriptors) {
    running_server running;
    BOOST_TEST(running.ask("Ur127.0.0.1 c 127.0.0.1 4000 f").ends_with(" 127.0.0.1"));
    std::string answer;
    {
        const no_free_descriptor exhausted;
        running.execute("Ur127.0.0.1 d 127.0.0.1 4000 f",
                        [&](std::string reply) { answer = std::move(reply); });
    }
    BOOST_TEST(answer == "E32");
}

BOOST_AUTO_TEST_CASE(media_threads_leave_signals_to_others_but_not_their_own_faults) {
    running_server running;
    running.ask("X");  // every thread has got as far as carrying out a command
    const auto blocked = signals_blocked_by("media-0");
    const auto blocks = [=](int signal) { return (blocked >> (signal - 1) & 1) != 0; };
    for (const int signal : {SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGQUIT})
        BOOST_TEST(blocks(signal));
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        BOOST_TEST(!blocks(fault));
}

BOOST_AUTO_TEST_CASE(draining_ends_with_the_last_session) {
    running_server running;
    running.ask("U c 127.0.0.1 4000 f");
    bool drained = false;
    running.engine.drain([&] { drained = true; });
    BOOST_TEST(running.ask("U d 127.0.0.1 4000 f") == "E99");
    BOOST_TEST(running.ask("L c 127.0.0.1 4000 f t").ends_with("127.0.0.1"));
    BOOST_TEST(!drained);
    BOOST_TEST(running.ask("D c f") == "0");
    const auto deadline = steady_clock::now() + 60s;
    while (!drained && steady_clock::now() < deadline)
        running.context.run_one_for(100ms);
    BOOST_TEST(drained);
}

BOOST_AUTO_TEST_CASE(draining_waits_for_commands_under_way) {
    for (const std::size_t shards : {1, 3}) {
        running_server running{shards};
        std::string answer;
        bool drained = false;
        running.execute("U c 127.0.0.1 4000 f", [&](std::string reply) { answer = std::move(reply); });
        running.engine.drain([&] { drained = true; });
        running.settle();
        BOOST_TEST(answer.ends_with(" 127.0.0.1"));
        BOOST_TEST(!drained);
        BOOST_TEST(running.ask("Q c f").ends_with(" 0 0 0 0"));
    }
}

BOOST_AUTO_TEST_CASE(draining_waits_until_the_last_notice_is_sent) {
    const temporary_directory files;
    const std::string path = files / "notify.sock";
    notify_targets targets;
    BOOST_REQUIRE(targets.permit(path, [](auto) { return std::string("no such host"); }).has_value());
    running_server running{2, {.setup_ttl = 1}, std::move(targets)};
    running.ask("U c 127.0.0.1 4000 f " + path + " tag");
    bool drained = false;
    running.engine.drain([&] { drained = true; });

    // The session times out, and the controller cannot be reached yet.
    const auto deadline = steady_clock::now() + 60s;
    while (running.engine.counters().live_sessions() != 0 && steady_clock::now() < deadline)
        running.context.run_one_for(100ms);
    running.context.run_for(300ms);
    BOOST_TEST(running.engine.counters().live_sessions() == 0u);
    BOOST_TEST(!drained);

    boost::asio::local::stream_protocol::acceptor controller{running.context, path};
    while (!drained && steady_clock::now() < deadline)
        running.context.run_one_for(100ms);
    BOOST_TEST(drained);
    BOOST_TEST(running.notices.statistics().sent == 1u);
}

BOOST_AUTO_TEST_CASE(stopping_with_live_sessions_closes_them) {
    running_server running;
    for (int i = 0; i < 100; ++i)
        running.execute("U " + call(i) + " 127.0.0.1 4000 f", [](const auto&) {});
    running.settle();
    running.engine.stop();
    BOOST_TEST(running.engine.counters().live_sessions() == 0u);
}
