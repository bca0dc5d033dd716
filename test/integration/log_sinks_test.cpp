#define BOOST_TEST_MODULE log_sinks
#include "rtpproxy/log/emergency.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/log/sinks.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace log_ = rtpproxy::log;

// The C library's syslog, replaced for this program: what would have gone to the system's log is kept here.
namespace {

struct syslog_call {
    int priority;
    std::string text;
};

struct {
    std::mutex mutex;
    std::vector<syslog_call> lines;
    std::string ident;
    int options = 0;
    int facility = 0;
} system_log;

void keep(int priority, const char* format, va_list arguments) {
    char text[8192];
    std::vsnprintf(text, sizeof text, format, arguments);
    const std::scoped_lock lock(system_log.mutex);
    system_log.lines.push_back({priority, text});
}

}  // namespace

extern "C" void openlog(const char* ident, int options, int facility) {
    const std::scoped_lock lock(system_log.mutex);
    system_log.ident = ident;
    system_log.options = options;
    system_log.facility = facility;
}
extern "C" void __syslog_chk(int priority, int, const char* format,
                             ...) {  // NOLINT(bugprone-reserved-identifier)
    va_list arguments;
    va_start(arguments, format);
    keep(priority, format, arguments);
    va_end(arguments);
}

namespace {

// Takes the place of stderr while it lives.
class captured_stderr {
  public:
    captured_stderr() : saved_(::dup(STDERR_FILENO)) {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        reader_ = ends[0];
        constexpr int room = 1 << 20;  // nobody reads before the end
        ::fcntl(ends[1], F_SETPIPE_SZ, room);
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
    }
    ~captured_stderr() {
        restore();
        ::close(reader_);
        ::close(saved_);
    }
    captured_stderr(const captured_stderr&) = delete;
    captured_stderr& operator=(const captured_stderr&) = delete;

    // Everything written, once nobody can write any more.
    std::vector<std::string> lines() {
        restore();
        std::string all;
        char block[4096];
        for (ssize_t got = 0; (got = ::read(reader_, block, sizeof block)) > 0;)
            all.append(block, static_cast<std::size_t>(got));
        return split(all);
    }

    // Makes stderr take nothing more, as a reader does that has stopped reading.
    void fill() const {
        const int flags = ::fcntl(STDERR_FILENO, F_GETFL);
        ::fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
        const std::string block(4096, '\n');
        while (::write(STDERR_FILENO, block.data(), block.size()) > 0)
            continue;
        ::fcntl(STDERR_FILENO, F_SETFL, flags);
    }

    void break_reader() {
        ::close(reader_);
        reader_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }

  private:
    void restore() const { ::dup2(saved_, STDERR_FILENO); }

    static std::vector<std::string> split(const std::string& all) {
        std::vector<std::string> found;
        for (std::size_t at = 0; at < all.size();) {
            const auto end = all.find('\n', at);
            found.push_back(all.substr(at, end - at));
            at = end == std::string::npos ? end : end + 1;
        }
        return found;
    }

    int saved_;
    int reader_ = -1;
};

log_::configuration to_stderr(log_::level threshold) {
    log_::configuration wanted;
    wanted.threshold = threshold;
    wanted.times_since.reset();
    return wanted;
}

log_::configuration to_syslog(int facility) {
    auto wanted = to_stderr(log_::level::dbug);
    wanted.to_stderr = false;
    wanted.syslog_facility = facility;
    return wanted;
}

struct quiet_end {
    ~quiet_end() {
        log_::stop();
        log_::set_threshold(log_::level::err);
    }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(quiet_end);
BOOST_FIXTURE_TEST_SUITE(log_sinks, quiet_end)

BOOST_AUTO_TEST_CASE(before_the_start_lines_go_straight_to_stderr) {
    captured_stderr captured;
    log_::err(log_::global, "cannot bind {}\n", "192.0.2.1");
    log_::warn(log_::global, "below the threshold");
    BOOST_TEST(captured.lines() == std::vector<std::string>{"rtpproxy: cannot bind 192.0.2.1\\n"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(stop_writes_what_is_queued) {
    captured_stderr captured;
    log_::start(to_stderr(log_::level::info));
    for (int i = 0; i < 100; ++i)
        log_::info("call-1", "line {}", i);
    log_::dbug("call-1", "below the threshold");
    log_::stop();
    const auto lines = captured.lines();
    BOOST_REQUIRE(lines.size() == 100u);
    BOOST_TEST(lines.front().starts_with("INFO:call-1:test_method:"));
    BOOST_TEST(lines.back().ends_with(": line 99"));
}

BOOST_AUTO_TEST_CASE(the_threshold_changes_at_once) {
    captured_stderr captured;
    log_::start(to_stderr(log_::level::err));
    log_::info(log_::global, "one");
    log_::set_threshold(log_::level::info);
    log_::info(log_::global, "two");
    log_::stop();
    const auto lines = captured.lines();
    BOOST_REQUIRE(lines.size() == 1u);
    BOOST_TEST(lines[0].ends_with(": two"));
}

BOOST_AUTO_TEST_CASE(relative_times_stand_in_front) {
    captured_stderr captured;
    auto wanted = to_stderr(log_::level::info);
    wanted.times_since = log_::uptime() - 1h;
    log_::start(wanted);
    log_::info(log_::global, "text");
    log_::stop();
    const auto lines = captured.lines();
    BOOST_REQUIRE(lines.size() == 1u);
    BOOST_TEST(lines[0].starts_with("01:00:0"));
    BOOST_TEST(lines[0].find("/INFO:GLOBAL:test_method:") == 12u);
}

BOOST_AUTO_TEST_CASE(json_lines_parse) {
    captured_stderr captured;
    auto wanted = to_stderr(log_::level::info);
    wanted.format = log_::line_format::json;
    log_::start(wanted);
    log_::info("call\"1\n", "text \xff");
    log_::stop();
    const auto lines = captured.lines();
    BOOST_REQUIRE(lines.size() == 1u);
    const auto object = boost::json::parse(lines[0]).as_object();
    BOOST_TEST(object.at("call_id").as_string() == "call\"1\n");
    BOOST_TEST(object.at("message").as_string() == "text \\xFF");
}

BOOST_AUTO_TEST_CASE(syslog_gets_ident_pid_facility_and_severity) {
    captured_stderr captured;
    log_::start(to_syslog(LOG_LOCAL3));
    log_::crit(log_::global, "a");
    log_::err(log_::global, "b");
    log_::warn(log_::global, "c");
    log_::info("call 100%s", "d");
    log_::dbug(log_::global, "e");
    log_::stop();
    const std::scoped_lock lock(system_log.mutex);
    BOOST_TEST(system_log.ident == "rtpproxy");
    BOOST_TEST((system_log.options & LOG_PID) != 0);
    BOOST_TEST(system_log.facility == LOG_LOCAL3);
    BOOST_REQUIRE(system_log.lines.size() == 5u);
    const int severities[] = {LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(LOG_PRI(system_log.lines[i].priority) == severities[i]);
        const int facility = system_log.lines[i].priority & LOG_FACMASK;
        BOOST_TEST((facility == LOG_LOCAL3 || facility == 0));
    }
    BOOST_TEST(system_log.lines[3].text.starts_with("INFO:call 100%s:test_method:"));
    BOOST_TEST(!system_log.lines[3].text.ends_with("\n"));
    BOOST_TEST(captured.lines().empty());
    system_log.lines.clear();
}

BOOST_AUTO_TEST_CASE(a_daemon_that_keeps_stderr_logs_to_both) {
    captured_stderr captured;
    auto wanted = to_syslog(LOG_DAEMON);
    wanted.to_stderr = true;
    log_::start(wanted);
    log_::info(log_::global, "both");
    log_::stop();
    BOOST_TEST(captured.lines().size() == 1u);
    const std::scoped_lock lock(system_log.mutex);
    BOOST_TEST(system_log.lines.size() == 1u);
    system_log.lines.clear();
}

BOOST_AUTO_TEST_CASE(how_much_a_flood_may_write_can_be_chosen) {
    captured_stderr captured;
    auto wanted = to_stderr(log_::level::info);
    wanted.lines_a_second = 10;
    const auto start = std::chrono::steady_clock::now();
    log_::start(wanted);
    for (int line = 0; line < 200; ++line)
        log_::err("c", "chosen");
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    log_::stop();
    const auto lines = captured.lines();
    const auto written =
        std::ranges::count_if(lines, [](auto& line) { return line.find("chosen") != std::string::npos; });
    BOOST_TEST(written <= 10 * log_::burst_seconds + static_cast<long>(passed.count() * 10) + 1);
    BOOST_TEST(written > 0);
    BOOST_TEST(std::ranges::any_of(
        lines, [](auto& line) { return line.find("above 10 lines/s") != std::string::npos; }));
}

BOOST_AUTO_TEST_CASE(a_flood_from_outside_is_bounded_and_owned_up_to) {
    constexpr int flood = 5000;
    captured_stderr captured;
    const auto before = log_::lost_lines().rate_limited;
    const auto start = std::chrono::steady_clock::now();
    log_::start(to_stderr(log_::level::info));
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([] {
                for (int line = 0; line < flood / 2; ++line)
                    log_::err("c", "x");
            });
    }
    log_::crit(log_::global, "critical");
    log_::always(log_::level::info, log_::global, "stopping");
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    log_::stop();

    const auto lines = captured.lines();
    const auto count = [&](std::string_view what) {
        return std::ranges::count_if(lines, [=](auto& line) { return line.find(what) != std::string::npos; });
    };
    const auto lost = log_::lost_lines().rate_limited - before;
    const auto allowed = log_::usual_lines_a_second * log_::burst_seconds +
                         static_cast<long>(passed.count() * log_::usual_lines_a_second) + 1;
    BOOST_TEST(count("ERR:c:") + static_cast<long>(lost) == flood);
    BOOST_TEST(count("ERR:c:") <= allowed);
    BOOST_TEST(count("ERR:c:") >= 1000);
    BOOST_TEST(count(": critical") == 1);
    BOOST_TEST(count(": stopping") == 1);
    BOOST_TEST(count(" log lines suppressed") >= 1);
    BOOST_TEST(count(" log lines suppressed") <= 2 + static_cast<long>(passed.count()));
}

BOOST_AUTO_TEST_CASE(a_stderr_nobody_reads_blocks_no_caller) {
    captured_stderr captured;
    captured.fill();
    log_::start(to_stderr(log_::level::info));
    const auto before = log_::lost_lines().overflowed;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < log_::queued_lines + 100; ++i)
        log_::always(log_::level::info, "c", "x");
    log_::stop();
    const auto passed = std::chrono::steady_clock::now() - start;
    BOOST_TEST(log_::lost_lines().overflowed - before >= 99u);
    BOOST_TEST((passed >= log_::stop_patience));
    BOOST_TEST((passed < log_::stop_patience + 30s));
}

BOOST_AUTO_TEST_CASE(a_broken_stderr_is_survived_and_counted) {
    std::signal(SIGPIPE, SIG_IGN);
    captured_stderr captured;
    captured.break_reader();
    const auto before = log_::lost_lines().unwritable;
    log_::start(to_stderr(log_::level::info));
    log_::always(log_::level::info, "c", "x");
    log_::stop();
    BOOST_TEST(log_::lost_lines().unwritable > before);
}

BOOST_AUTO_TEST_CASE(writers_on_many_threads_survive_starts_and_stops) {
    captured_stderr captured;
    std::atomic<bool> done = false;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&done] {
            while (!done) {
                log_::info("c", "x {}", 1);
                std::this_thread::sleep_for(1ms);
            }
        });
    for (int i = 0; i < 10; ++i) {
        log_::start(to_stderr(i % 2 ? log_::level::info : log_::level::warn));
        std::this_thread::sleep_for(5ms);
        log_::stop();
    }
    done = true;
    threads.clear();
    for (const auto& line : captured.lines())
        BOOST_TEST((line.starts_with("INFO:c:") || line == "rtpproxy: x 1" ||
                    line.starts_with("WARN:GLOBAL:") || line.find("suppressed") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_dying_process_writes_its_last_words_after_what_is_queued) {
    captured_stderr captured;
    const auto child = ::fork();
    if (child == 0) {
        log_::start(to_stderr(log_::level::info));
        for (int i = 0; i < 50; ++i)
            log_::always(log_::level::info, "c", "x");
        log_::drain_from_signal_handler(20s);
        log_::write_from_signal_handler("killed by signal 11 (SEGV)");
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    const auto lines = captured.lines();
    // An output of another test that was given up on may have something to say, too.
    BOOST_TEST(std::ranges::count_if(lines, [](const auto& line) { return line.ends_with(" x"); }) == 50);
    BOOST_REQUIRE(!lines.empty());
    BOOST_TEST(lines.back() == "CRIT:GLOBAL:signal:0: killed by signal 11 (SEGV)");
}

BOOST_AUTO_TEST_SUITE_END()
