#define BOOST_TEST_MODULE memory_shortage
// A call in which each allocation fails once: every command is answered, and nothing half-made stays.
#include "rtpproxy/control/control_listener.hpp"
#include "rtpproxy/engine/server.hpp"
#include "rtpproxy/log/sinks.hpp"
#include "rtpproxy/strands/run_strand.hpp"

#include "support/command_script.hpp"
#include "support/failing_allocations.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;
using boost::asio::ip::udp;

namespace {

constexpr const char* here = "127.0.26.1";  // where other programs have no ports
constexpr std::size_t call_limit = 6;       // sessions; the ports are for no more

/// Waits for the reply of one command without taking memory, and counts what it hears.
class patient_sender final : public command_sender {
  public:
    explicit patient_sender(boost::asio::io_context& control) : control_(control) {}

    void on_reply(std::string reply) noexcept override {
        text = std::move(reply);
        ++replies;
        control_.stop();
    }
    void on_waiting() noexcept override { ++waits; }

    std::string text;
    int replies = 0;
    int waits = 0;

  private:
    boost::asio::io_context& control_;
};

recorder_settings recording_to(const std::string& directory) {
    recorder_settings recording;
    recording.directory = directory;
    return recording;
}

/// The engine with all it can do, a prompt, and the parties of its calls.
struct engine_short_of_memory {
    explicit engine_short_of_memory(std::size_t shards)
        : notices(context.get_executor(), {}),
          engine(context,
                 {.shards = {.sessions = {.internal_address = addresses.default_address()},
                             .epoch = steady_clock::now()},
                  .shard_count = shards,
                  .ports = {.min = 26000, .max = 26000 + 4 * call_limit - 2},
                  .max_sessions = call_limit,
                  .prompts = {.trusted_for = -1s},
                  .recording = recording_to(recordings / "")},
                 addresses, notices) {
        log::set_threshold(log::level::crit);  // the failures that the test makes
        std::ofstream(prompts / "moh.0") << std::string(800, 'x');
        engine.start();
    }

    /// Sends a command and lets the control strand run until it is answered, or for a minute.
    void send(const char* text, const std::shared_ptr<patient_sender>& sender) {
        const auto end = steady_clock::now() + 60s;
        context.restart();
        engine.execute(text, {}, 0, sender);
        while (sender->replies == 0 && steady_clock::now() < end) {
            context.restart();
            run_strand_for(context, "control", 1s);
        }
    }
    std::string ask(const std::string& text) {
        const auto sender = std::make_shared<patient_sender>(context);
        send(text.c_str(), sender);
        BOOST_REQUIRE_MESSAGE(sender->replies == 1, text << " has " << sender->replies << " replies");
        return sender->text;
    }

    /// The next packet of both parties, to all ports, as the test does not know which are whose.
    void send_media() {
        ++packet[3];
        packet[6] = packet[3];  // 256 ticks on
        for (std::size_t i = 0; i < 4 * call_limit; i += 2) {
            boost::system::error_code ignored;
            const udp::endpoint to{boost::asio::ip::make_address(here),
                                   static_cast<std::uint16_t>(26000 + i)};
            party.send_to(boost::asio::buffer(packet), to, 0, ignored);
        }
    }

    temporary_directory recordings;
    temporary_directory prompts;
    boost::asio::io_context context{1};
    udp::socket party{context, udp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
    std::array<unsigned char, 172> packet{0x80};
    const std::string signalled = "127.0.0.1 " + std::to_string(party.local_endpoint().port());
    const std::string play_command = "P call " + (prompts / "moh") + " 0 from to";
    const std::vector<std::string> script{
        "Uc0 call " + signalled + " from",
        "Lc0 call " + signalled + " from to && S ttl=90",
        "Uz20c0 call " + signalled + " from to",
        play_command,
        "S call from to",
        "R call from to",
        "C call copy from to",
        "C call udp:127.0.0.1:40009 from to",
        "U other " + signalled + " from to && C call from to && S tos=8",
        "U fourth " + signalled + " from to && L 127.0.0.1 4010",
        "Q call from to ttl nrelayed && S ttl=80",
        "N call from to",
        "D other from to",
        "U third 127.0.0.1 4006 from to && S ttl=5 && D",
        play_command,
        "D call from to",
        "X",
    };
    local_addresses addresses{{make_local(here)}};
    notifier notices;
    server engine;
};

/// Whether what calls take has been given back: all of it can be had again.
void check_that_nothing_is_kept(engine_short_of_memory& with) {
    BOOST_TEST(with.ask("X") == "0");
    for (std::size_t i = 0; i < call_limit; ++i) {
        const auto call = std::to_string(i);
        BOOST_TEST(with.ask("U " + call + " 127.0.0.1 4000 f").ends_with(std::string(" ") + here));
        BOOST_TEST(with.ask("L " + call + " 127.0.0.1 4000 f t").ends_with(std::string(" ") + here));
    }
    BOOST_TEST(with.ask("U more 127.0.0.1 4000 f") == "E98");
    BOOST_TEST(with.ask("X") == "0");
    BOOST_TEST(with.engine.counters().live_sessions() == 0u);
}

/// Each command of the script, while one allocation fails. @returns whether one did.
bool carry_out_script(engine_short_of_memory& with, long failing, long more) {
    std::vector<std::shared_ptr<patient_sender>> senders;
    for (std::size_t i = 0; i < with.script.size(); ++i)
        senders.push_back(std::make_shared<patient_sender>(with.context));

    failing_allocations::begin(failing, more);
    for (std::size_t i = 0; i < senders.size(); ++i) {
        with.send(with.script[i].c_str(), senders[i]);
        with.send_media();
    }
    const bool failed = failing_allocations::end();

    for (std::size_t i = 0; i < senders.size(); ++i) {
        BOOST_TEST_CONTEXT(with.script[i] << ": " << senders[i]->text) {
            BOOST_TEST(senders[i]->replies == 1);
            BOOST_TEST(senders[i]->waits <= 1);
            if (!failed) BOOST_TEST(!senders[i]->text.starts_with("E"));
        }
    }
    return failed;
}

}  // namespace

BOOST_DATA_TEST_CASE(each_allocation_of_a_call_may_fail,
                     boost::unit_test::data::make({1, 3}) * boost::unit_test::data::make({0, 5}), shards,
                     more) {
    engine_short_of_memory with{static_cast<std::size_t>(shards)};
    bool failed = true;
    constexpr long most = 20'000;
    for (long failing = 1; failed; failing += more + 1) {
        BOOST_TEST_CONTEXT("allocation " << failing << " and " << more << " more") {
            BOOST_REQUIRE(failing < most);
            failed = carry_out_script(with, failing, more);
            check_that_nothing_is_kept(with);
        }
    }
}

namespace {

/// A controller that speaks to the engine over UDP, in the thread of the control strand.
struct controller_short_of_memory : engine_short_of_memory {
    controller_short_of_memory() : engine_short_of_memory(1) {
        listener_settings settings;
        settings.gate = gate;
        listener = *make_control_listener(context.get_executor(), *parse_control_socket("udp:127.0.0.1:0"),
                                          engine, settings);
        listener->start();
        client.connect({boost::asio::ip::address_v4::loopback(), listener->port()});
        client.non_blocking(true);
    }

    /// Sends a datagram; gives what comes back within a minute, or nothing. Takes no memory.
    std::string_view exchange(std::string_view datagram) {
        boost::system::error_code error;
        client.send(boost::asio::buffer(datagram), 0, error);
        std::size_t octets = 0;
        const auto end = steady_clock::now() + 60s;
        do {
            context.restart();
            run_strand_for(context, "control", 1ms);
            octets = client.receive(boost::asio::buffer(reply), 0, error);
        } while (error && steady_clock::now() < end);
        return {reply.data(), error ? 0 : octets};
    }

    std::shared_ptr<command_gate> gate = std::make_shared<command_gate>(context.get_executor());
    std::unique_ptr<control_listener> listener;
    udp::socket client{context, udp::v4()};
    std::array<char, 2048> reply{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_allocation_of_commands_over_udp_may_fail) {
    controller_short_of_memory with;
    bool failed = true;
    for (long failing = 1; failed; ++failing) {
        const auto cookie = std::to_string(failing);
        const std::string datagrams[] = {cookie + "a U call 127.0.0.1 4000 from",
                                         cookie + "b P call none 0 from", cookie + "c D call from",
                                         cookie + "c D call from", cookie + "d V"};
        std::array<bool, std::size(datagrams)> answered{};
        failing_allocations::begin(failing, 0);
        for (std::size_t i = 0; i < answered.size(); ++i) {
            const auto name = std::string_view{datagrams[i]}.substr(0, cookie.size() + 1);
            answered[i] = with.exchange(datagrams[i]).starts_with(name);
        }
        failed = failing_allocations::end();

        BOOST_TEST_CONTEXT("allocation " << failing) {
            for (const bool each : answered)
                BOOST_TEST(each);
            with.context.restart();
            with.context.poll();
            BOOST_TEST(with.client.available() == 0u);
            BOOST_TEST(with.gate->in_progress() == 0u);
            BOOST_TEST(with.gate->waiting() == 0u);
            check_that_nothing_is_kept(with);
        }
    }
}

BOOST_AUTO_TEST_CASE(each_allocation_of_timeouts_may_fail) {
    session_limit limit{2};
    std::size_t records = 0;
    command_script script{local_addresses({make_local("127.0.0.1")}),
                          {.limit = &limit, .on_record = [&](std::unique_ptr<call_record>) { ++records; }},
                          {.min = 30000, .max = 30006}};
    script.take_ports_from_pool();
    bool failed = true;
    for (long failing = 1; failed; ++failing) {
        BOOST_TEST_CONTEXT("allocation " << failing) {
            for (const std::string call : {"one", "two"}) {
                BOOST_TEST(script("Uz20c0 " + call + " 127.0.0.1 4000 f t sock tag").starts_with("300"));
                BOOST_TEST(script("Lz20c0 " + call + " 127.0.0.1 4002 f t").starts_with("300"));
            }
            failing_allocations::begin(failing, 0);
            script.pass(62s);
            failed = failing_allocations::end();
            BOOST_TEST(script.manager.live_sessions() == 0u);
            BOOST_TEST(script.plane.pairs.empty());
        }
    }
    // One allocation costs one notice, or one record, at most.
    const auto sessions = script.statistics.sessions_created.value();
    BOOST_TEST(script.statistics.sessions_timed_out.value() == sessions);
    BOOST_TEST(script.notices.size() + records >= sessions * 2 - sessions / 2);
}
