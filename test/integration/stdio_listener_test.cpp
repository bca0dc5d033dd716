#define BOOST_TEST_MODULE stdio_listener
#include "support/listener_fixture.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <atomic>
#include <fstream>
#include <utility>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

struct pipe_ends {
    blocking_socket read_end{-1};
    blocking_socket write_end{-1};

    pipe_ends() {
        int fds[2];
        BOOST_TEST_REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
        read_end = blocking_socket(fds[0]);
        write_end = blocking_socket(fds[1]);
    }
    void put(std::string_view text) const {
        BOOST_TEST_REQUIRE(::write(write_end.fd(), text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()));
    }
};

struct fixture : listener_fixture {
    pipe_ends input;
    pipe_ends output;
    std::atomic<int> ends = 0;

    fixture() {
        settings.on_end_of_input = [this] { ++ends; };
    }
    ~fixture() { stop(); }

    void serve(const blocking_socket& from, const blocking_socket& to) {
        settings.stdin_fd = from.fd();
        settings.stdout_fd = to.fd();
        listen("stdio:");
    }
    bool ended() {
        return poll_until([&] { return ends > 0; });
    }
    static blocking_socket open_file(const char* name, int flags) {
        return blocking_socket(::open(name, flags | O_CLOEXEC, 0600));
    }
};

std::string read_some(const blocking_socket& from) {
    char buffer[4096];
    pollfd readable{from.fd(), POLLIN, 0};
    if (::poll(&readable, 1, 20000) != 1) return "nothing in time";
    const auto octets = ::read(from.fd(), buffer, sizeof buffer);
    return {buffer, octets > 0 ? static_cast<std::size_t>(octets) : 0};
}

std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stdio, fixture)

BOOST_AUTO_TEST_CASE(pipes) {
    serve(input.read_end, output.write_end);
    input.put("V\n");
    BOOST_TEST(read_some(output.read_end) == "[V]\n");
    input.put("hold a\norigin\n");
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 2; }));
    io.run([&] { executor.release("a", "line one\nline two"); });
    std::string both;
    while (both.size() < 28)
        both += read_some(output.read_end);
    BOOST_TEST(both == "line one\nline two\nnone none\n");
    BOOST_TEST(ends == 0);
}

BOOST_AUTO_TEST_CASE(end_of_input_is_told_after_the_last_reply) {
    serve(input.read_end, output.write_end);
    input.put("hold a\nV\nincomplete");
    input.write_end.close();
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 1; }));
    BOOST_TEST(ends == 0);
    io.run([&] { executor.release("a", "held"); });
    BOOST_TEST(ended());
    io.run([&] { listeners.clear(); });  // passes on what was written
    BOOST_TEST(read_some(output.read_end) == "held\n[V]\n");
    BOOST_TEST(ends == 1);
    BOOST_TEST(executor.executed_count() == 2u);
}

BOOST_AUTO_TEST_CASE(reply_before_a_line_that_is_too_long_is_not_lost) {
    std::vector<std::pair<pipe_ends, pipe_ends>> streams(30);
    for (const auto& [in, out] : streams) {
        serve(in.read_end, out.write_end);
        in.put("V\n" + std::string(40'000, 'x'));
        BOOST_TEST_REQUIRE(read_some(out.read_end) == "[V]\n");
    }
    stop();
}

BOOST_AUTO_TEST_CASE(regular_files) {
    const auto commands = directory / "commands";
    const auto replies = directory / "replies";
    std::string expected;
    {
        std::ofstream file(commands);
        for (int i = 0; i < 5000; ++i) {
            file << "command " << i << '\n';
            expected += "[command " + std::to_string(i) + "]\n";
        }
    }
    const auto from = open_file(commands.c_str(), O_RDONLY);
    const auto to = open_file(replies.c_str(), O_WRONLY | O_CREAT);
    serve(from, to);
    BOOST_TEST(ended());
    io.run([&] { listeners.clear(); });
    BOOST_TEST(content(replies) == expected);
}

BOOST_AUTO_TEST_CASE(null_device_is_an_empty_input) {
    const auto null = open_file("/dev/null", O_RDWR);
    serve(null, null);
    BOOST_TEST(ended());
    stop();
}

BOOST_AUTO_TEST_CASE(terminal_keeps_its_flags) {
    const blocking_socket terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    BOOST_TEST_REQUIRE(::grantpt(terminal.fd()) == 0);
    BOOST_TEST_REQUIRE(::unlockpt(terminal.fd()) == 0);
    const auto end = open_file(::ptsname(terminal.fd()), O_RDWR | O_NOCTTY);
    const int flags = ::fcntl(end.fd(), F_GETFL);
    serve(end, end);
    BOOST_TEST_REQUIRE(::write(terminal.fd(), "V\n", 2) == 2);
    std::string shown;
    while (shown.find("[V]") == std::string::npos && shown.size() < 100)
        shown += read_some(terminal);
    BOOST_TEST(shown == "V\r\n[V]\r\n");
    BOOST_TEST(::fcntl(end.fd(), F_GETFL) == flags);
    stop();
}

BOOST_AUTO_TEST_CASE(reader_of_the_output_that_left_does_no_harm) {
    serve(input.read_end, output.write_end);
    output.read_end.close();
    for (int i = 0; i < 100; ++i)
        input.put("V\n");
    BOOST_TEST(ended());
}

BOOST_AUTO_TEST_CASE(stop_is_no_end_of_input) {
    serve(input.read_end, output.write_end);
    input.put("V\n");
    BOOST_TEST(read_some(output.read_end) == "[V]\n");
    stop();
    BOOST_TEST(ends == 0);
}

BOOST_AUTO_TEST_CASE(stop_gives_up_on_an_output_nobody_reads) {
    serve(input.read_end, output.write_end);
    for (int i = 0; i < 500; ++i)
        input.put("big 900\n");
    BOOST_TEST(poll_until([&] { return executor.executed_count() > 60; }));
    stop();
    BOOST_TEST(ends == 0);
}

BOOST_AUTO_TEST_SUITE_END()
