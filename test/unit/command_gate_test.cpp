#define BOOST_TEST_MODULE command_gate
#include "rtpproxy/control/command_gate.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <deque>
#include <string>
#include <utility>

using namespace rtpproxy;

namespace {

const auto flooder = control_peer::at(boost::asio::ip::make_address("192.0.2.1"), 1);
const auto other = control_peer::at(boost::asio::ip::make_address("192.0.2.2"), 1);

/// Commands that wait for replies, or are answered at once, behind a gate that lets four in.
struct fixture {
    boost::asio::io_context context;
    std::shared_ptr<command_gate> gate = std::make_shared<command_gate>(
        context.get_executor(), gate_settings{.in_progress = 4, .a_turn = 3, .capacity = 3000});
    std::string begun;
    std::deque<command_gate::pass> entered;  // of the slow ones

    void begin_slow(char name, command_gate::pass pass) {
        begun += name;
        entered.push_back(std::move(pass));
    }
    void send_slow(const control_peer& peer, char name) {
        if (auto pass = gate->try_enter())
            begin_slow(name, std::move(*pass));
        else
            gate->wait(
                peer, [this, name](command_gate::pass its) { begin_slow(name, std::move(its)); }, 1);
    }
    void wait_quick(const control_peer& peer, char name) {
        gate->wait(
            peer, [this, name](command_gate::pass) { begun += name; }, 1);
    }
    void leave() { entered.pop_front(); }
    void reply(int times = 1) {
        for (int i = 0; i < times; ++i)
            leave();
        context.restart();
        context.poll();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gate, fixture)

BOOST_AUTO_TEST_CASE(commands_enter_directly_while_few_are_in_progress) {
    for (const char name : {'a', 'b', 'c', 'd'})
        send_slow(flooder, name);
    BOOST_TEST(begun == "abcd");
    BOOST_TEST(gate->in_progress() == 4u);
    send_slow(flooder, 'e');
    BOOST_TEST(gate->waiting() == 1u);
    context.poll();
    BOOST_TEST(begun == "abcd");
    reply();
    BOOST_TEST(begun == "abcde");
    BOOST_TEST(gate->in_progress() == 4u);
    reply(4);
    BOOST_TEST(gate->in_progress() == 0u);
}

BOOST_AUTO_TEST_CASE(commands_of_another_peer_do_not_wait_for_those_of_a_flooder) {
    for (int i = 0; i < 900; ++i)
        send_slow(flooder, 'f');
    send_slow(other, 'o');
    reply(2);
    BOOST_TEST(begun == "fffffo");
}

BOOST_AUTO_TEST_CASE(nobody_overtakes_what_waits) {
    for (int i = 0; i < 6; ++i)
        send_slow(flooder, 'f');
    leave();
    leave();  // room, but the turn has not come yet
    BOOST_TEST(!gate->try_enter().has_value());
    context.poll();
    BOOST_TEST(begun == "ffffff");
}

BOOST_AUTO_TEST_CASE(a_turn_is_short_and_another_follows) {
    for (int i = 0; i < 8; ++i)
        wait_quick(flooder, 'f');
    BOOST_TEST(context.poll_one() == 1u);
    BOOST_TEST(begun == "fff");
    BOOST_TEST(context.poll_one() == 1u);
    BOOST_TEST(begun == "ffffff");
    BOOST_TEST(context.poll() == 1u);
    BOOST_TEST(begun == "ffffffff");
    BOOST_TEST(gate->in_progress() == 0u);
    BOOST_TEST(gate->try_enter().has_value());
}

BOOST_AUTO_TEST_CASE(a_command_leaves_once) {
    for (const char name : {'a', 'b', 'c', 'd'})
        send_slow(flooder, name);
    entered.front().leave();
    entered.front().leave();
    BOOST_TEST(gate->in_progress() == 3u);
    leave();
    BOOST_TEST(gate->in_progress() == 3u);
    entered.front() = std::move(entered.back());  // the one that is overwritten has left
    BOOST_TEST(gate->in_progress() == 2u);
    entered.clear();
    BOOST_TEST(gate->in_progress() == 0u);
}

BOOST_AUTO_TEST_CASE(what_waits_is_forgotten_when_the_last_listener_ends) {
    gate->attach();
    gate->attach();
    const auto owned = std::make_shared<int>();
    gate->wait(
        flooder, [owned, gate = gate](command_gate::pass) {}, 1);
    gate->detach();
    BOOST_TEST(gate->waiting() == 1u);
    gate->detach();
    BOOST_TEST(gate->waiting() == 0u);
    BOOST_TEST(owned.use_count() == 1);
    BOOST_TEST(context.poll() == 1u);  // the turn that finds nothing
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(incidents)

BOOST_AUTO_TEST_CASE(each_kind_is_counted_and_described_once_a_minute) {
    control_incidents seen;
    int described = 0;
    for (int i = 0; i < 1000; ++i)
        seen.note(control_incident::queue_full, "udp:x", [&] {
            ++described;
            return std::string("192.0.2.1");
        });
    BOOST_TEST(described == 1);
    BOOST_TEST(seen.count_of(control_incident::queue_full) == 1000u);
    BOOST_TEST(seen.count_of(control_incident::rate_exceeded) == 0u);
    for (std::size_t i = 0; i < control_incident_count; ++i)
        BOOST_TEST(!to_string(static_cast<control_incident>(i)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
