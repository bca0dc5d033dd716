#define BOOST_TEST_MODULE command_gate
#include "rtpproxy/control/command_gate.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <new>
#include <string>

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

    void send_slow(const control_peer& peer, char name) {
        if (gate->try_enter())
            begun += name;
        else
            gate->wait(
                peer, [this, name] { begun += name; }, 1);
    }
    void wait_quick(const control_peer& peer, char name) {
        gate->wait(
            peer,
            [this, name] {
                begun += name;
                gate->leave();
            },
            1);
    }
    void reply(int times = 1) {
        for (int i = 0; i < times; ++i)
            gate->leave();
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
    gate->leave();
    gate->leave();  // room, but the turn has not come yet
    BOOST_TEST(!gate->try_enter());
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
    BOOST_TEST(gate->try_enter());
}

BOOST_AUTO_TEST_CASE(a_command_that_throws_is_lost_alone) {
    gate->wait(
        flooder, [] { throw std::bad_alloc(); }, 1);
    wait_quick(flooder, 'f');
    context.poll();
    BOOST_TEST(begun == "f");
    BOOST_TEST(gate->in_progress() == 0u);
}

BOOST_AUTO_TEST_CASE(what_waits_is_forgotten_when_the_last_listener_ends) {
    gate->attach();
    gate->attach();
    const auto owned = std::make_shared<int>();
    gate->wait(
        flooder, [owned, gate = gate] {}, 1);
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
