#include "micro/allocation_meter.hpp"
#include "support/command_script.hpp"
#include "support/rtp_packets.hpp"

#include <fmt/format.h>

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace rtpproxy::bench {
namespace {

using test::command_script;

/// Sets up a call between 127.0.0.2:4000 and 127.0.0.3:5000.
void set_up(command_script& script, int number) {
    script(fmt::format("U call{} 127.0.0.2 4000 ft", number));
    script(fmt::format("L call{} 127.0.0.3 5000 ft tt", number));
}

std::vector<session*> sessions_of(command_script& script) {
    std::vector<session*> all;
    for (const auto& [id, pair] : script.plane.pairs)
        if (pair.faces == side::callee) all.push_back(pair.owner);
    return all;
}

/// What relay_packet() costs with as many sessions as given, each served in turn: their state does not stay
/// in the caches.
void relay_decision(benchmark::State& state) {
    command_script script;
    for (int i = 0; i < state.range(0); ++i)
        set_up(script, i);
    const auto sessions = sessions_of(script);
    auto packet = test::make_rtp({});
    const auto source = test::make_endpoint("127.0.0.3", 5000);
    const auto when = script.now();
    std::size_t next = 0;
    std::uint16_t sequence_number = 0;
    const allocation_meter meter{state};
    for (auto _ : state) {
        session& each = *sessions[next];
        const auto verdict =
            relay_packet(each, side::callee, component::rtp, packet, source, when, script.statistics);
        if (!verdict.forward()) return state.SkipWithError("the packet was not forwarded");
        on_relayed(each, side::callee, component::rtp, script.statistics);
        if (++next < sessions.size()) continue;
        next = 0;
        ++sequence_number;
        packet[2] = std::byte(sequence_number >> 8);
        packet[3] = std::byte(sequence_number & 0xff);
    }
}
BENCHMARK(relay_decision)->Arg(1)->Arg(100)->Arg(1000)->Arg(4900);

/// U, L and D of one call beside as many live ones as given: text in, reply out, everything but the sockets.
/// The simulated ports allocate four times of their own.
void session_cycle(benchmark::State& state) {
    command_script script;
    for (int i = 0; i < state.range(0); ++i)
        set_up(script, i);
    const allocation_meter meter{state};
    for (auto _ : state) {
        script("U cycle 127.0.0.2 4000 ft");
        script("L cycle 127.0.0.3 5000 ft tt");
        if (script("D cycle ft tt") != "0") return state.SkipWithError("the session was not found");
        script.plane.closed.clear();
    }
}
BENCHMARK(session_cycle)->Arg(0)->Arg(100)->Arg(4900);

}  // namespace
}  // namespace rtpproxy::bench
