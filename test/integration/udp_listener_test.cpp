#define BOOST_TEST_MODULE udp_listener
#include "rtpproxy/protocol/parse_command.hpp"

#include "support/listener_fixture.hpp"

#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

struct fixture : listener_fixture {
    std::uint16_t port = listen("udp:127.0.0.1:0");
    blocking_socket client = connect_udp("127.0.0.1", port);

    std::string ask(std::string_view datagram) {
        BOOST_TEST_REQUIRE(client.send(datagram));
        return client.receive();
    }
    std::string ask_nothing() {
        BOOST_TEST_REQUIRE(::send(client.fd(), "", 0, 0) == 0);
        return client.receive();
    }
    void release(const std::string& name, const std::string& reply) {
        io.run([&] { executor.release(name, reply); });
    }
    /// What `send` sends is there all at once when the program looks.
    void while_busy(const std::function<void()>& send) {
        const auto begun = std::make_shared<std::promise<void>>();
        const auto go_on = std::make_shared<std::promise<void>>();
        boost::asio::post(io.strand(), [begun, go_on] {
            begun->set_value();
            go_on->get_future().wait();
        });
        begun->get_future().wait();
        send();
        go_on->set_value();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(udp, fixture)

BOOST_AUTO_TEST_CASE(reply_repeats_the_cookie) {
    BOOST_TEST(ask("19729_8013_12 V") == "19729_8013_12 [V]\n");
    BOOST_TEST(executor.cookie_octets() == 14u);
    BOOST_TEST(ask("&& V") == "&& [V]\n");
    BOOST_TEST(ask(" \tc2\t VF 20040107\r\n").starts_with("c2 [VF 20040107"));
}

BOOST_AUTO_TEST_CASE(datagram_without_cookie_or_command_is_a_syntax_error) {
    BOOST_TEST(ask_nothing() == "E5\n");
    BOOST_TEST(ask(" \r\n\t ") == "E5\n");
    BOOST_TEST(ask("cookie") == "cookie E5\n");
    BOOST_TEST(ask("cookie2 \n") == "cookie2 E5\n");
    BOOST_TEST(executor.executed_count() == 4u);  // as empty commands, so that they are counted
}

BOOST_AUTO_TEST_CASE(refused_datagrams_are_remembered_like_replies) {
    BOOST_TEST(ask("cookie") == "cookie E5\n");
    BOOST_TEST(ask("cookie \n") == "cookie E5\n");
    BOOST_TEST(executor.retransmissions() == 1);
    BOOST_TEST(ask("cookie V") == "cookie [V]\n");
}

BOOST_AUTO_TEST_CASE(longest_command_passes_and_a_longer_one_does_not) {
    const auto longest = "c1 " + std::string(max_command_octets - 3, 'x');
    BOOST_TEST(ask(longest) == "c1 [" + longest.substr(3) + "]\n");
    BOOST_TEST(ask("c2 " + std::string(max_command_octets - 2, 'x')) == "c2 E5\n");
    BOOST_TEST(ask("c3 " + std::string(60000, 'x')) == "c3 E5\n");
}

BOOST_AUTO_TEST_CASE(cookie_too_long_for_a_reply) {
    const std::string long_cookie(900, 'c');
    BOOST_TEST(ask(long_cookie + " V") == long_cookie + " [V]\n");
    BOOST_TEST(ask(long_cookie + "c V") == "E5\n");
    BOOST_TEST(ask(std::string(8000, 'c')) == "E5\n");
    BOOST_TEST(executor.executed_count() == 3u);
}

BOOST_AUTO_TEST_CASE(retransmission_gets_the_same_reply_without_execution) {
    const auto first = ask("c1 origin");
    BOOST_TEST(ask("c1 origin") == first);
    BOOST_TEST(ask(" c1  origin\r\n") == first);
    BOOST_TEST(executor.executed_count() == 1u);
    BOOST_TEST(executor.retransmissions() == 2);
}

BOOST_AUTO_TEST_CASE(another_command_under_a_used_cookie_is_carried_out) {
    BOOST_TEST(ask("c1 one") == "c1 [one]\n");
    BOOST_TEST(ask("c1 two") == "c1 [two]\n");
    BOOST_TEST(ask("c1 one") == "c1 [one]\n");
    BOOST_TEST(executor.executed_count() == 2u);
    BOOST_TEST(executor.retransmissions() == 1);
}

BOOST_AUTO_TEST_CASE(commands_under_one_cookie_may_be_in_progress_together) {
    client.send("c1 hold a");
    client.send("c1 hold b");
    client.send("c1 hold a");
    BOOST_TEST(poll_until([&] { return executor.retransmissions() == 1; }));
    release("b", "30002 127.0.0.1");
    BOOST_TEST(client.receive() == "c1 30002 127.0.0.1\n");
    release("a", "30000 127.0.0.1");
    BOOST_TEST(client.receive() == "c1 30000 127.0.0.1\n");
    BOOST_TEST(ask("c1 hold b") == "c1 30002 127.0.0.1\n");
    BOOST_TEST(executor.executed_count() == 2u);
}

BOOST_AUTO_TEST_CASE(retransmission_of_a_command_in_progress_is_answered_once) {
    client.send("c1 hold a");
    client.send("c1 hold a");
    client.send("c1 hold a");
    BOOST_TEST(poll_until([&] { return executor.retransmissions() == 2; }));
    BOOST_TEST(client.silent());
    release("a", "30000 127.0.0.1");
    BOOST_TEST(client.receive() == "c1 30000 127.0.0.1\n");
    BOOST_TEST(ask("c2 V") == "c2 [V]\n");  // nothing came in between
    BOOST_TEST(ask("c1 hold a") == "c1 30000 127.0.0.1\n");
    BOOST_TEST(executor.executed_count() == 2u);
}

BOOST_AUTO_TEST_CASE(peers_may_use_the_same_cookie) {
    auto other = connect_udp("127.0.0.1", port);
    client.send("c1 hold a");
    other.send("c1 hold b");
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 2; }));
    release("b", "two");
    release("a", "one");
    BOOST_TEST(client.receive() == "c1 one\n");
    BOOST_TEST(other.receive() == "c1 two\n");
    BOOST_TEST(executor.retransmissions() == 0);
}

BOOST_AUTO_TEST_CASE(other_commands_do_not_wait_for_a_slow_one) {
    client.send("c1 hold a");
    BOOST_TEST(ask("c2 V") == "c2 [V]\n");
    release("a", "0");
    BOOST_TEST(client.receive() == "c1 0\n");
}

BOOST_AUTO_TEST_CASE(burst_of_a_thousand_commands_is_answered_whole) {
    const int octets = 4 << 20;
    ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets);
    while_busy([&] {
        for (int i = 0; i < 1000; ++i)
            client.send("c" + std::to_string(i) + " V");
    });
    std::set<std::string> replies;
    for (int i = 0; i < 1000; ++i)
        replies.insert(client.receive());
    BOOST_TEST(replies.size() == 1000u);
    BOOST_TEST(!replies.contains(""));
}

BOOST_AUTO_TEST_CASE(commands_read_together_are_answered_each_to_its_peer) {
    const auto wildcard = listen("udp:*:0");
    std::vector<blocking_socket> peers;
    for (int i = 0; i < 50; ++i)
        peers.push_back(connect_udp(("127.0.3." + std::to_string(i + 1)).c_str(), wildcard));
    const auto length_of = [](std::size_t i) { return i * i; };
    while_busy([&] {
        for (std::size_t i = 0; i < peers.size(); ++i)
            peers[i].send("c " + std::to_string(i) + std::string(length_of(i), 'x'));
    });
    for (std::size_t i = 0; i < peers.size(); ++i)
        BOOST_TEST(peers[i].receive() == "c [" + std::to_string(i) + std::string(length_of(i), 'x') + "]\n");
}

BOOST_AUTO_TEST_CASE(a_long_datagram_among_others_spoils_none) {
    while_busy([&] {
        client.send("c1 V");
        client.send("c2 " + std::string(20'000, 'x'));
        client.send("c3 V");
    });
    BOOST_TEST(client.receive() == "c1 [V]\n");
    BOOST_TEST(client.receive() == "c2 E5\n");
    BOOST_TEST(client.receive() == "c3 [V]\n");
}

BOOST_AUTO_TEST_CASE(a_reply_that_cannot_be_sent_keeps_no_other_from_being_sent) {
    while_busy([&] {
        client.send("c1 V");
        client.send("c2 big 70000");  // more than a datagram holds
        client.send("c3 V");
    });
    BOOST_TEST(client.receive() == "c1 [V]\n");
    BOOST_TEST(client.receive() == "c3 [V]\n");
}

BOOST_AUTO_TEST_CASE(more_replies_than_are_sent_at_once) {
    for (int i = 0; i < 100; ++i)
        client.send("c" + std::to_string(i) + " hold " + std::to_string(i));
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 100; }));
    io.run([&] {
        for (int i = 0; i < 100; ++i)
            executor.release(std::to_string(i), "0");
    });
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(client.receive() == "c" + std::to_string(i) + " 0\n");
}

BOOST_AUTO_TEST_CASE(origin_is_known) {
    BOOST_TEST(ask("c1 origin") == "c1 127.0.0.1 127.0.0.1\n");
}

BOOST_AUTO_TEST_CASE(wildcard_socket_answers_from_the_address_it_was_asked_at) {
    const auto wildcard = listen("udp:*:0");
    for (const auto* address : {"127.0.0.1", "127.0.0.2", "127.99.0.3"}) {
        const auto to = connect_udp(address, wildcard);  // connected: takes datagrams from that address only
        to.send("c1 origin");
        BOOST_TEST(to.receive().ends_with(std::string(" ") + address + "\n"));
    }
}

BOOST_AUTO_TEST_CASE(ipv6_and_ipv4_wildcards_share_a_port) {
    const auto shared = listen("udp6:*:0");
    listen("udp:*:" + std::to_string(shared));
    const auto v6 = connect_udp("::1", shared);
    const auto v4 = connect_udp("127.0.0.1", shared);
    v6.send("c1 origin");
    v4.send("c1 origin");
    BOOST_TEST(v6.receive() == "c1 ::1 ::1\n");
    BOOST_TEST(v4.receive() == "c1 127.0.0.1 127.0.0.1\n");
}

BOOST_AUTO_TEST_CASE(binary_octets_survive) {
    const std::string datagram("\xff\x01 a\0b\x80", 7);
    BOOST_TEST(ask(datagram) == std::string("\xff\x01 [a\0b\x80]\n", 10).substr(0, 10));
}

BOOST_AUTO_TEST_CASE(commands_after_stop_are_not_read) {
    io.run([&] { listeners.front()->stop(); });
    client.send("c1 V");
    BOOST_TEST(client.receive().empty());  // refused: nobody listens
    BOOST_TEST(executor.executed_count() == 0u);
}

BOOST_AUTO_TEST_CASE(replies_are_sent_before_the_socket_closes) {
    client.send("c1 hold a");
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 1; }));
    io.run([&] {
        executor.release("a", "0");
        listeners.front()->stop();
    });
    BOOST_TEST(client.receive() == "c1 0\n");
}

BOOST_AUTO_TEST_CASE(reply_after_stop_goes_nowhere) {
    client.send("c1 hold a");
    BOOST_TEST(poll_until([&] { return executor.executed_count() == 1; }));
    io.run([&] { listeners.front()->stop(); });
    release("a", "0");
}

BOOST_AUTO_TEST_CASE(start_up_errors_name_the_socket_and_the_cause) {
    const auto taken = "udp:127.0.0.1:" + std::to_string(port);
    BOOST_TEST(failure(taken) == "cannot open control socket '" + taken + "': Address already in use");
    BOOST_TEST(failure("udp:192.0.2.1:0").ends_with("Cannot assign requested address"));
    BOOST_TEST(failure("udp:no.such.host.invalid:1").starts_with("cannot find the host of control socket"));
    settings.no_resolve = true;
    BOOST_TEST(failure("udp:localhost:0").find("must be an IPv4 address") != std::string::npos);
    BOOST_TEST(failure("udp6:127.0.0.1:0").find("must be an IPv6 address") != std::string::npos);
    BOOST_TEST(failure("udp6:::1:0").empty());
}

BOOST_AUTO_TEST_SUITE_END()
