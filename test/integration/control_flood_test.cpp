#define BOOST_TEST_MODULE control_flood
#include "support/listener_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <thread>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

constexpr int asked = 30;  // by the peer that behaves, while the other floods

/// A gate that several listeners share, and what went through it in which order.
struct fixture : listener_fixture {
    fixture() { settings.gate = gate; }
    ~fixture() {
        stop();
        settings.gate.reset();  // before its strand
    }

    std::shared_ptr<command_gate> gate =
        std::make_shared<command_gate>(io.strand(), gate_settings{.in_progress = 8, .a_turn = 8});
    const std::string path = directory / "control.sock";
    std::atomic<bool> done = false;

    std::uint64_t count(control_incident incident) {
        std::uint64_t result = 0;
        io.run([&] { result = gate->incidents.count_of(incident); });
        return result;
    }

    /// Keeps the strand busy until the function has returned, so that all it sends is found at once.
    template <typename Function>
    void while_busy(Function send) {
        const auto go_on = std::make_shared<std::promise<void>>();
        boost::asio::post(io.strand(), [go_on] { go_on->get_future().wait(); });
        send();
        go_on->set_value();
    }

    /// How many commands were begun before the first that begins with `prefix`.
    std::size_t begun_before(const std::string& prefix) {
        const auto all = executor.executed();
        const auto found = std::ranges::find_if(all, [&](const auto& c) { return c.starts_with(prefix); });
        return static_cast<std::size_t>(found - all.begin());
    }

    /// Runs `flood` in a thread until `ask` has got all its replies.
    template <typename Flood, typename Ask>
    void beside_flood(Flood flood, Ask ask) {
        std::jthread flooding([&] {
            for (int round = 0; round < 200'000 && !done; ++round)
                flood(round);
        });
        int answered = 0;
        for (int i = 0; i < asked; ++i)
            answered += ask(i) ? 1 : 0;
        done = true;
        flooding.join();
        BOOST_TEST(answered == asked);
    }

    /// Sends until answered, as controllers do.
    static bool ask_until_answered(const blocking_socket& to, const std::string& cookie) {
        const timeval patience{0, 500'000};
        ::setsockopt(to.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        for (int attempt = 0; attempt < 40; ++attempt) {
            to.send(cookie + " V");
            for (auto reply = to.receive(); !reply.empty(); reply = to.receive())
                if (reply == cookie + " [V]\n") return true;
        }
        return false;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(flood, fixture)

BOOST_AUTO_TEST_CASE(command_behind_thousands_of_another_peer_is_begun_among_the_first) {
    const auto port = listen("udp:127.0.0.1:0");
    const auto flooder = connect_udp("127.0.0.1", port);
    const auto other = connect_udp("127.0.0.1", port);
    while_busy([&] {
        for (int i = 0; i < 900; ++i)
            flooder.send("f" + std::to_string(i) + " hold " + std::to_string(i));  // never answered
        other.send("c V");
    });
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 8; }));
    io.run([&] {
        executor.release("0", "0");
        executor.release("1", "0");
    });
    BOOST_TEST(other.receive() == "c [V]\n");
    BOOST_TEST(begun_before("V") == 9u);
}

BOOST_AUTO_TEST_CASE(datagrams_beyond_a_peer_s_share_are_dropped_and_counted) {
    gate = std::make_shared<command_gate>(io.strand(), gate_settings{.in_progress = 1, .capacity = 60'000});
    settings.gate = gate;
    const auto port = listen("udp:127.0.0.1:0");
    const auto flooder = connect_udp("127.0.0.1", port);
    for (int i = 0; i < 500; ++i)
        flooder.send("f" + std::to_string(i) + " hold " + std::to_string(i));
    BOOST_TEST(poll_until([&] { return count(control_incident::queue_full) > 400; }));
    const auto other = connect_udp("127.0.0.1", port);
    other.send("c V");
    BOOST_TEST(poll_until([&] {
        std::size_t waiting = 0;
        io.run([&] { waiting = gate->waiting(); });
        return waiting + count(control_incident::queue_full) == 500;  // all but the first and V
    }));
    io.run([&] { executor.release("0", "0"); });
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 2; }));
    io.run([&] { executor.release("1", "0"); });
    BOOST_TEST(other.receive() == "c [V]\n");
}

BOOST_AUTO_TEST_CASE(commands_that_wait_for_their_calls_keep_nobody_out) {
    gate = std::make_shared<command_gate>(io.strand(), gate_settings{.in_progress = 2});
    settings.gate = gate;
    const auto port = listen("udp:127.0.0.1:0");
    listen("cunix:" + path);
    const auto datagrams = connect_udp("127.0.0.1", port);
    const auto stream = connect_unix(path);
    datagrams.send("a hold a");
    stream.send("hold b\n");
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 2; }));
    datagrams.send("c V");
    io.run([&] {
        BOOST_TEST(gate->in_progress() == 2u);
        executor.let_wait("a");
        executor.let_wait("b");
        BOOST_TEST(gate->in_progress() == 0u);
    });
    BOOST_TEST(datagrams.receive() == "c [V]\n");
    io.run([&] {
        executor.release("a", "0");
        executor.release("b", "0");
    });
    BOOST_TEST(datagrams.receive() == "a 0\n");
    BOOST_TEST(stream.receive() == "0\n");
    io.run([&] { BOOST_TEST(gate->in_progress() == 0u); });
}

BOOST_AUTO_TEST_CASE(udp_flood) {
    const auto port = listen("udp:127.0.0.1:0");
    const auto flooder = connect_udp("127.0.0.1", port);
    const auto other = connect_udp("127.0.0.1", port);
    beside_flood([&](int round) { flooder.send("f" + std::to_string(round) + " V"); },
                 [&](int i) { return ask_until_answered(other, "c" + std::to_string(i)); });
}

BOOST_AUTO_TEST_CASE(tcp_flood_of_connections_and_commands) {
    settings.max_connections = 64;
    const auto port = listen("tcp:127.0.0.1:0");
    std::string commands;
    for (int i = 0; i < 100; ++i)
        commands += "V\n";
    auto other = connect_tcp("127.0.0.1", port);
    std::vector<blocking_socket> open;
    beside_flood(
        [&](int) {
            if (open.size() >= 100) open.erase(open.begin());
            open.push_back(connect_tcp("127.0.0.1", port));
            open.back().reset_on_close();
            open.back().send(commands);
        },
        [&](int) { return other.send("V\n") && other.receive_line() == "[V]\n"; });
}

BOOST_AUTO_TEST_CASE(unix_flood_of_connections) {
    listen("unix:" + path);
    beside_flood(
        [&](int) {
            const auto one = connect_unix(path);
            one.send("V");
        },
        [&](int) {
            const auto mine = connect_unix(path);
            return mine.send("V") && mine.receive() == "[V]\n";
        });
}

BOOST_AUTO_TEST_CASE(flood_on_one_transport_leaves_the_others_alone) {
    const auto port = listen("udp:127.0.0.1:0");
    listen("cunix:" + path);
    const auto flooder = connect_udp("127.0.0.1", port);
    auto other = connect_unix(path);
    beside_flood([&](int round) { flooder.send("f" + std::to_string(round) + " V"); },
                 [&](int) { return other.send("V\n") && other.receive_line() == "[V]\n"; });
}

BOOST_AUTO_TEST_CASE(listeners_stop_while_commands_wait) {
    const auto port = listen("udp:127.0.0.1:0");
    listen("cunix:" + path);
    const auto flooder = connect_udp("127.0.0.1", port);
    for (int i = 0; i < 100; ++i)
        flooder.send("f" + std::to_string(i) + " hold " + std::to_string(i));
    std::vector<blocking_socket> streams;
    for (int i = 0; i < 20; ++i) {
        streams.push_back(connect_unix(path));
        streams.back().send("V\n");
    }
    BOOST_TEST(poll_until([&] {
        std::size_t waiting = 0;
        io.run([&] { waiting = gate->waiting(); });
        return waiting == 100 - 8 + 20;
    }));
    stop();
    BOOST_TEST(gate->waiting() == 0u);
    BOOST_TEST(gate.use_count() == 2);  // ours and the settings'
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(rate, fixture)

BOOST_AUTO_TEST_CASE(datagrams_beyond_the_rate_are_dropped_and_counted) {
    constexpr std::int64_t rate = 5;
    gate = std::make_shared<command_gate>(io.strand(), gate_settings{.commands_per_second = rate});
    settings.gate = gate;
    const auto port = listen("udp:127.0.0.1:0");
    const auto flooder = connect_udp("127.0.0.1", port);
    const auto start = std::chrono::steady_clock::now();
    while_busy([&] {
        for (int i = 0; i < 100; ++i)
            flooder.send("f" + std::to_string(i) + " V");
    });
    BOOST_TEST(poll_until(
        [&] { return count(control_incident::rate_exceeded) + executor.executed_count() == 100; }));
    // Some more than at once where this machine stood still in the midst of it.
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    BOOST_TEST(executor.executed_count() >= 5u);
    BOOST_TEST(static_cast<double>(executor.executed_count()) <= 5 + passed.count() * rate);
    const auto other = connect_to(
        boost::asio::ip::udp::endpoint(boost::asio::ip::make_address("127.0.0.1"), port),
        std::optional(boost::asio::ip::udp::endpoint(boost::asio::ip::make_address("127.0.0.2"), 0)));
    other.send("c V");
    BOOST_TEST(other.receive() == "c [V]\n");
}

BOOST_AUTO_TEST_CASE(streams_are_slowed_down_and_lose_nothing) {
    gate = std::make_shared<command_gate>(io.strand(), gate_settings{.commands_per_second = 50});
    settings.gate = gate;
    auto client = connect_tcp("127.0.0.1", listen("tcp:127.0.0.1:0"));
    std::string commands;
    for (int i = 0; i < 60; ++i)
        commands += "c" + std::to_string(i) + "\n";
    client.send(commands);
    for (int i = 0; i < 60; ++i)
        BOOST_TEST(client.receive_line() == "[c" + std::to_string(i) + "]\n");
}

BOOST_AUTO_TEST_CASE(listener_stops_while_a_stream_is_slowed_down) {
    gate = std::make_shared<command_gate>(io.strand(), gate_settings{.commands_per_second = 1});
    settings.gate = gate;
    auto client = connect_tcp("127.0.0.1", listen("tcp:127.0.0.1:0"));
    std::string commands;
    for (int i = 0; i < 100; ++i)
        commands += "c" + std::to_string(i) + "\n";
    client.send(commands);
    BOOST_TEST(client.receive_line() == "[c0]\n");
    stop();
    BOOST_TEST(executor.executed_count() < 100u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(allowed, fixture)

BOOST_AUTO_TEST_CASE(datagrams_from_other_networks_get_no_answer) {
    settings.allowed.networks = *network_list::parse("127.0.0.2,::1");
    const auto port = listen("udp:127.0.0.1:0");
    const auto stranger = connect_udp("127.0.0.1", port);
    stranger.send("s V");
    BOOST_TEST(poll_until([&] { return count(control_incident::datagram_refused) == 1; }));
    const auto local = boost::asio::ip::udp::endpoint(boost::asio::ip::make_address("127.0.0.2"), 0);
    const auto friendly =
        connect_to(boost::asio::ip::udp::endpoint(boost::asio::ip::make_address("127.0.0.1"), port),
                   std::optional(local));
    friendly.send("c V");
    BOOST_TEST(friendly.receive() == "c [V]\n");
    BOOST_TEST(stranger.silent());
    BOOST_TEST(executor.executed_count() == 1u);
}

BOOST_AUTO_TEST_CASE(connections_from_other_networks_are_closed) {
    settings.allowed.networks = *network_list::parse("127.0.0.2");
    const auto port = listen("tcp:127.0.0.1:0");
    auto stranger = connect_tcp("127.0.0.1", port);
    stranger.send("V\n");
    BOOST_TEST(stranger.receive_all().empty());
    BOOST_TEST(count(control_incident::connection_refused) == 1u);
    while_busy([&] {  // gone before it is accepted, its command still to be read
        auto hasty = connect_tcp("127.0.0.1", port);
        hasty.reset_on_close();
        hasty.send("X\n");
        hasty.close();
    });
    const auto local = boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.2"), 0);
    auto friendly =
        connect_to(boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), port),
                   std::optional(local));
    friendly.send("V\n");
    BOOST_TEST(friendly.receive_line() == "[V]\n");
    BOOST_TEST(executor.executed_count() == 1u);
}

BOOST_AUTO_TEST_CASE(unix_sockets_serve_listed_users) {
    settings.allowed.networks = *network_list::parse("192.0.2.1");  // says nothing about Unix sockets
    settings.allowed.users = {::geteuid()};
    listen("cunix:" + path);
    auto client = connect_unix(path);
    client.send("V\n");
    BOOST_TEST(client.receive_line() == "[V]\n");
    settings.allowed.users = {::geteuid() + 1};
    const std::string second = directory / "second.sock";
    listen("unix:" + second);
    auto stranger = connect_unix(second);
    stranger.send("V");
    BOOST_TEST(stranger.receive_all().empty());
    BOOST_TEST(count(control_incident::connection_refused) == 1u);
    BOOST_TEST(executor.executed_count() == 1u);
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_limit_are_closed_and_counted) {
    settings.max_connections = 2;
    const auto port = listen("tcp:127.0.0.1:0");
    const auto first = connect_tcp("127.0.0.1", port);
    const auto second = connect_tcp("127.0.0.1", port);
    auto third = connect_tcp("127.0.0.1", port);
    BOOST_TEST(third.receive_all().empty());
    BOOST_TEST(count(control_incident::connection_limit) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
