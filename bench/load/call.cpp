#include "load/call.hpp"

#include <unistd.h>

#include <chrono>

namespace rtpproxy::bench {
namespace {

constexpr std::uint32_t caller_net = 0x7f010000;  // 127.1.0.0
constexpr std::uint32_t callee_net = 0x7f020000;  // 127.2.0.0

/// The same in no two runs, so that a server never takes a command for a repeated one.
const std::string& run_name() {
    static const std::string name =
        std::to_string(::getpid()) + "-" +
        std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
    return name;
}

call make_call(std::uint64_t number, std::uint32_t host, std::uint16_t port) {
    call made;
    made.id = "bench-" + run_name() + "-" + std::to_string(number);
    made.end(party::caller).local = make_address(caller_net + host, port);
    made.end(party::callee).local = make_address(callee_net + host, port);
    return made;
}

}  // namespace

std::vector<call> make_calls(std::size_t count, const std::vector<std::uint16_t>& ports) {
    std::vector<call> calls;
    calls.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        calls.push_back(make_call(i, static_cast<std::uint32_t>(i + 1), ports[i % ports.size()]));
    return calls;
}

call make_silent_call(std::uint64_t number) {
    constexpr std::uint16_t discard_port = 9;
    constexpr std::uint64_t first_silent = 1'000'000;
    return make_call(first_silent + number, static_cast<std::uint32_t>(number % most_calls + 1),
                     discard_port);
}

void connect_directly(std::vector<call>& calls) {
    for (auto& each : calls)
        for (const auto who : both_parties)
            each.end(who).relay = each.end(opposite(who)).local;
}

}  // namespace rtpproxy::bench
