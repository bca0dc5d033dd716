#define BOOST_TEST_MODULE stream_listener
#include "rtpproxy/protocol/parse_command.hpp"

#include "support/listener_fixture.hpp"
#include "support/tcp_peer.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

struct fixture : listener_fixture {
    const std::string path = directory / "control.sock";

    blocking_socket tcp() { return connect_tcp("127.0.0.1", listen("tcp:127.0.0.1:0")); }
    blocking_socket stream() {
        listen("cunix:" + path);
        return connect_unix(path);
    }
    void one_shot() { listen("unix:" + path); }
    std::string ask_once(std::string_view text) const {
        auto client = connect_unix(path);
        client.send(text);
        return client.receive_all();
    }
    void release(const std::string& name, const std::string& reply) {
        io.run([&] { executor.release(name, reply); });
    }
    bool executes(std::size_t count) {
        return poll_until([&] { return executor.executed_count() >= count; });
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(persistent, fixture)

BOOST_AUTO_TEST_CASE(each_line_gets_a_reply) {
    for (auto* client : {new blocking_socket(tcp()), new blocking_socket(stream())}) {
        const std::unique_ptr<blocking_socket> owner(client);
        client->send("V\n");
        BOOST_TEST(client->receive_line() == "[V]\n");
        client->send("VF 20040107\r\n");
        BOOST_TEST(client->receive_line() == "[VF 20040107\r]\n");
        BOOST_TEST(client->silent());
    }
    BOOST_TEST(executor.cookie_octets() == 0u);
}

BOOST_AUTO_TEST_CASE(pipelined_lines_are_carried_out_in_order) {
    auto client = tcp();
    client.send("a\nhold b\nc\nd\n");
    BOOST_TEST(client.receive_line() == "[a]\n");
    BOOST_TEST(executes(2));
    BOOST_TEST(client.silent());
    BOOST_TEST(executor.executed_count() == 2u);
    release("b", "held");
    for (const auto* reply : {"held\n", "[c]\n", "[d]\n"})
        BOOST_TEST(client.receive_line() == reply);
}

BOOST_AUTO_TEST_CASE(partial_lines_wait_for_the_rest) {
    auto client = stream();
    for (const char* part : {"V", "F 2004", "0107", "\nV"})
        client.send(part);
    BOOST_TEST(client.receive_line() == "[VF 20040107]\n");
    BOOST_TEST(client.silent());
    client.send("\n");
    BOOST_TEST(client.receive_line() == "[V]\n");
}

BOOST_AUTO_TEST_CASE(longest_line_passes_and_a_longer_one_closes_the_connection) {
    const std::string longest(max_command_octets, 'x');
    auto client = tcp();
    client.send("V\n" + longest + "\n");
    BOOST_TEST(client.receive_line() == "[V]\n");
    BOOST_TEST(client.receive_line() == "[" + longest + "]\n");
    client.send("V\n" + longest + "x");
    BOOST_TEST(client.receive_all() == "[V]\n");
}

BOOST_AUTO_TEST_CASE(half_closed_client_gets_its_replies) {
    auto client = tcp();
    client.send("hold a\nb\nnot a whole line");
    client.shutdown_write();
    BOOST_TEST(executes(1));
    release("a", "held");
    BOOST_TEST(client.receive_all() == "held\n[b]\n");
    BOOST_TEST(executor.executed_count() == 2u);
}

BOOST_AUTO_TEST_CASE(commands_of_a_client_that_hung_up_are_carried_out) {
    listen("cunix:" + path);
    const auto port = listen("tcp:127.0.0.1:0");
    for (int i = 0; i < 50; ++i) {
        connect_unix(path).send("a\nb\n");
        connect_tcp("127.0.0.1", port).send("c\n");
    }
    BOOST_TEST(executes(150));
}

BOOST_AUTO_TEST_CASE(client_reset_while_its_command_is_in_progress) {
    const auto port = listen("tcp:127.0.0.1:0");
    {
        const auto client = connect_tcp("127.0.0.1", port);
        client.send("hold a\n");
        BOOST_TEST(executes(1));
        client.reset_on_close();
    }
    release("a", "0");
    auto other = connect_tcp("127.0.0.1", port);
    other.send("V\n");
    BOOST_TEST(other.receive_line() == "[V]\n");
}

BOOST_AUTO_TEST_CASE(origin_is_known_over_tcp_only) {
    auto client = connect_tcp("127.0.0.7", listen("tcp:*:0"));
    client.send("origin\n");
    BOOST_TEST(client.receive_line() == "127.0.0.1 127.0.0.7\n");
    auto v6 = connect_tcp("::1", listen("tcp6:::1:0"));
    v6.send("origin\n");
    BOOST_TEST(v6.receive_line() == "::1 ::1\n");
    auto local = stream();
    local.send("origin\n");
    BOOST_TEST(local.receive_line() == "none none\n");
}

BOOST_AUTO_TEST_CASE(three_hundred_connections_at_once) {
    const auto port = listen("tcp:127.0.0.1:0");
    std::vector<blocking_socket> clients;
    for (int i = 0; i < 300; ++i)
        clients.push_back(connect_tcp("127.0.0.1", port));
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < clients.size(); ++i)
            clients[i].send(std::to_string(i) + "\n");
        for (std::size_t i = 0; i < clients.size(); ++i)
            BOOST_TEST(clients[i].receive_line() == "[" + std::to_string(i) + "]\n");
    }
}

BOOST_AUTO_TEST_CASE(connection_above_the_limit_is_closed) {
    settings.max_connections = 2;
    const auto port = listen("tcp:127.0.0.1:0");
    auto first = connect_tcp("127.0.0.1", port);
    auto second = connect_tcp("127.0.0.1", port);
    BOOST_TEST(connect_tcp("127.0.0.1", port).receive_all().empty());
    first.close();
    BOOST_TEST(poll_until([&] {
        auto third = connect_tcp("127.0.0.1", port);
        third.send("V\n");
        return third.receive_line() == "[V]\n";
    }));
    second.send("V\n");
    BOOST_TEST(second.receive_line() == "[V]\n");
}

// The undefined-behaviour sanitizer opens pipes for its own checks and cannot do without descriptors.
#ifdef __SANITIZE_ADDRESS__
constexpr bool descriptors_can_run_out = false;
#else
constexpr bool descriptors_can_run_out = true;
#endif
BOOST_AUTO_TEST_CASE(lack_of_descriptors_passes, *boost::unit_test::enable_if<descriptors_can_run_out>()) {
    const auto port = listen("tcp:127.0.0.1:0");
    rlimit plenty{};
    ::getrlimit(RLIMIT_NOFILE, &plenty);
    const rlimit none{1, plenty.rlim_max};
    std::promise<void> go_on;
    boost::asio::post(io.strand(), [&] { go_on.get_future().wait(); });
    auto client = connect_tcp("127.0.0.1", port);
    client.send("V\n");
    ::setrlimit(RLIMIT_NOFILE, &none);
    go_on.set_value();
    pollfd readable{client.fd(), POLLIN, 0};
    const int replies = ::poll(&readable, 1, 150);
    ::setrlimit(RLIMIT_NOFILE, &plenty);
    BOOST_TEST(replies == 0);
    BOOST_TEST(client.receive_line() == "[V]\n");
}

BOOST_AUTO_TEST_CASE(client_that_does_not_read_is_not_read_from) {
    auto client = stream();
    const std::string commands = "big 900\n";
    std::size_t sent = 0;
    // The socket buffers of both sides fill up; then the program must not take more.
    while (::send(client.fd(), commands.data(), commands.size(), MSG_DONTWAIT) > 0)
        ++sent;
    BOOST_TEST(poll_until([&, last = std::size_t{0}, same = 0]() mutable {
        const auto now = executor.executed_count();
        same = now == last ? same + 1 : 0;
        last = now;
        return same > 100;
    }));
    BOOST_TEST(executor.executed_count() < sent);
    client.shutdown_write();
    const auto replies = client.receive_all();
    BOOST_TEST(static_cast<std::size_t>(std::ranges::count(replies, '\n')) == sent);
}

BOOST_AUTO_TEST_CASE(stop_lets_a_reply_leave_and_closes_idle_connections) {
    const auto port = listen("tcp:127.0.0.1:0");
    auto idle = connect_tcp("127.0.0.1", port);
    auto busy = connect_tcp("127.0.0.1", port);
    idle.send("V\n");
    BOOST_TEST(idle.receive_line() == "[V]\n");
    busy.send("hold a\nV\n");
    BOOST_TEST(executes(2));
    io.run([&] { listeners.back()->stop(); });
    BOOST_TEST(idle.receive_all().empty());
    release("a", "held");
    BOOST_TEST(busy.receive_all() == "held\n");
}

BOOST_AUTO_TEST_CASE(idle_connection_is_closed_after_its_limit) {
    settings.idle_limit = std::chrono::milliseconds(50);
    settings.gate = std::make_shared<command_gate>(io.strand());
    auto silent = stream();
    const auto opened = std::chrono::steady_clock::now();
    BOOST_TEST(silent.receive_all().empty());  // until the end of the connection
    BOOST_TEST((std::chrono::steady_clock::now() - opened >= settings.idle_limit));

    auto client = connect_unix(path);
    client.send("V\nhalf a comm");
    BOOST_TEST(client.receive_all() == "[V]\n");

    auto reads_nothing = connect_unix(path);
    while (reads_nothing.send("big 9000\n"))
        continue;
    const auto closed = [&] { return settings.gate->incidents.count_of(control_incident::connection_idle); };
    BOOST_TEST(poll_until([&] { return io.run(closed) == 3; }));
    settings.gate.reset();  // before the strand it is on
}

BOOST_AUTO_TEST_CASE(connection_is_not_idle_while_its_command_is_carried_out) {
    settings.idle_limit = std::chrono::milliseconds(50);
    auto client = stream();
    client.send("hold a\n");
    BOOST_TEST(executes(1));
    auto another = connect_unix(path);
    BOOST_TEST(another.receive_all().empty());  // later than the first one could have ended
    BOOST_TEST(client.silent());
    release("a", "held");
    BOOST_TEST(client.receive_line() == "held\n");
}

BOOST_AUTO_TEST_CASE(idle_connection_stays_open_without_a_limit) {
    auto client = stream();
    BOOST_TEST(client.silent());
    client.send("V\n");
    BOOST_TEST(client.receive_line() == "[V]\n");
}

BOOST_AUTO_TEST_CASE(kernel_looks_after_the_peers_of_tcp_connections) {
    auto client = tcp();
    client.send("V\n");
    BOOST_TEST(client.receive_line() == "[V]\n");
    check_that_kernel_looks_after_peer(other_end_of(client));
}

BOOST_AUTO_TEST_CASE(stop_does_not_wait_for_ever_for_a_client_that_does_not_read) {
    auto client = stream();
    while (::send(client.fd(), "big 900\n", 8, MSG_DONTWAIT) > 0)
        continue;
    BOOST_TEST(executes(50));
    stop();  // checks that nothing is left on the io_context
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(one_command_a_connection, fixture)

BOOST_AUTO_TEST_CASE(reply_needs_neither_newline_nor_end_of_input) {
    one_shot();
    BOOST_TEST(ask_once("V") == "[V]\n");
    BOOST_TEST(ask_once("V\n") == "[V\n]\n");
    BOOST_TEST(ask_once("V\nVF\n20040107") == "[V\nVF\n20040107]\n");
}

BOOST_AUTO_TEST_CASE(client_that_says_nothing_gets_nothing) {
    one_shot();
    auto client = connect_unix(path);
    client.shutdown_write();
    BOOST_TEST(client.receive_all().empty());
    BOOST_TEST(executor.executed_count() == 0u);
}

BOOST_AUTO_TEST_CASE(longest_command_passes_and_a_longer_one_does_not) {
    one_shot();
    const std::string longest(max_command_octets, 'x');
    BOOST_TEST(ask_once(longest) == "[" + longest + "]\n");
    BOOST_TEST(ask_once(longest + "x") == "E5\n");
}

BOOST_AUTO_TEST_CASE(command_of_a_client_that_hung_up_is_carried_out) {
    one_shot();
    for (int i = 0; i < 50; ++i)
        connect_unix(path).send("V");
    BOOST_TEST(executes(50));
}

BOOST_AUTO_TEST_CASE(many_clients_wait_at_once) {
    one_shot();
    std::vector<blocking_socket> clients;
    for (int i = 0; i < 300; ++i) {
        clients.push_back(connect_unix(path));
        clients.back().send(std::to_string(i));
    }
    for (std::size_t i = 0; i < clients.size(); ++i)
        BOOST_TEST(clients[i].receive_all() == "[" + std::to_string(i) + "]\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(socket_files, fixture)

BOOST_AUTO_TEST_CASE(file_is_removed_by_stop) {
    one_shot();
    BOOST_TEST(std::filesystem::is_socket(path));
    io.run([&] { listeners.back()->stop(); });
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(file_of_another_program_is_kept_by_stop) {
    one_shot();
    std::filesystem::remove(path);
    listen("cunix:" + path);  // as the name is free
    io.run([&] { listeners.front()->stop(); });
    auto client = connect_unix(path);
    client.send("V\n");
    BOOST_TEST(client.receive_line() == "[V]\n");
}

BOOST_AUTO_TEST_CASE(socket_of_a_running_program_is_kept) {
    for (const auto* const kind : {"cunix:", "unix:"}) {
        listen(kind + path);
        for (const auto* const second : {"cunix:", "unix:"})
            BOOST_TEST(failure(second + path) == "cannot open control socket '" + (second + path) +
                                                     "': it is in use by a running program");
        auto client = connect_unix(path);
        client.send("V\n");
        BOOST_TEST(client.receive().starts_with("[V"));
        io.run([&] { listeners.back()->stop(); });
    }
}

BOOST_AUTO_TEST_CASE(socket_of_a_running_program_is_kept_whatever_its_kind_and_state) {
    const auto is_kept = [this] {
        return failure("unix:" + path).ends_with("in use by a running program") &&
               std::filesystem::is_socket(path);
    };
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
        const auto other = bind_unix(path, type);
        BOOST_TEST(is_kept());
        std::filesystem::remove(path);
    }
    const auto other = bind_unix(path, SOCK_STREAM);
    BOOST_TEST_REQUIRE(::listen(other.fd(), 0) == 0);
    const auto only_one_that_waits = connect_unix(path);
    BOOST_TEST(is_kept());
}

BOOST_AUTO_TEST_CASE(one_of_many_that_start_at_once_gets_the_socket) {
    for (int round = 0; round < 20; ++round) {
        { const blocking_socket stale = bind_unix(path, SOCK_STREAM); }
        const auto spec = *parse_control_socket("unix:" + path);
        std::vector<std::future<boost::system::result<std::unique_ptr<control_listener>, std::string>>>
            starts;
        for (int i = 0; i < 8; ++i)
            starts.push_back(std::async(std::launch::async, [&] {
                return make_control_listener(io.strand(), spec, executor, settings);
            }));
        std::vector<std::unique_ptr<control_listener>> started;
        for (auto& each : starts)
            if (auto listener = each.get()) started.push_back(std::move(*listener));
        BOOST_TEST(started.size() == 1u);
        BOOST_TEST(!failure("unix:" + path).empty());
        io.run([&] { started.clear(); });
        BOOST_TEST(!std::filesystem::exists(path));
    }
}

BOOST_AUTO_TEST_CASE(stale_socket_is_replaced_and_other_files_are_not) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
        { const blocking_socket stale = bind_unix(path, type); }
        BOOST_TEST(std::filesystem::is_socket(path));
        BOOST_TEST(failure("unix:" + path).empty());
    }
    for (const auto* name : {"file", "directory"}) {
        const auto other = directory / name;
        if (std::string_view(name) == "file")
            std::ofstream(other) << "precious";
        else
            std::filesystem::create_directory(other);
        BOOST_TEST(failure("unix:" + other).ends_with("the path exists and is not a socket"));
        BOOST_TEST(std::filesystem::exists(other));
    }
}

BOOST_AUTO_TEST_CASE(mode_and_owner_are_set) {
    const auto umask_before = ::umask(0777);
    settings.unix_mode = 0620;
    settings.unix_owner = ::getuid();
    settings.unix_group = ::getgid();
    one_shot();
    BOOST_TEST(::umask(umask_before) == 0777u);
    struct stat found {};
    BOOST_TEST_REQUIRE(::stat(path.c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 07777) == 0620u);
    BOOST_TEST(found.st_gid == ::getgid());
}

BOOST_AUTO_TEST_CASE(start_up_errors_name_the_socket_and_the_cause) {
    const auto missing = "unix:" + (directory / "no/such/place");
    BOOST_TEST(failure(missing) == "cannot open control socket '" + missing + "': No such file or directory");
    const auto taken = "tcp:127.0.0.1:" + std::to_string(listen("tcp:127.0.0.1:0"));
    BOOST_TEST(failure(taken) == "cannot open control socket '" + taken + "': Address already in use");
}

BOOST_AUTO_TEST_CASE(listening_socket_can_be_handed_over) {
    const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
    auto socket = open_socket_for(any);
    BOOST_TEST_REQUIRE(::bind(socket.fd(), any.data(), static_cast<socklen_t>(any.size())) == 0);
    settings.systemd_fd = socket.fd();
    BOOST_TEST(failure("systemd:").ends_with("is not a listening stream socket"));
    BOOST_TEST_REQUIRE(::listen(socket.fd(), 10) == 0);
    settings.systemd_fd = ::dup(socket.fd());
    auto client = connect_tcp("127.0.0.1", listen("systemd:"));
    client.send("origin\n");
    BOOST_TEST(client.receive_line() == "127.0.0.1 127.0.0.1\n");
    settings.systemd_fd = -1;
    BOOST_TEST(!failure("systemd:").empty());
}

BOOST_AUTO_TEST_SUITE_END()
