#pragma once

#include "load/ipv4.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rtpproxy::bench {

/// The two ends of a call.
enum class party : std::uint8_t { caller, callee };
inline constexpr party both_parties[] = {party::caller, party::callee};
[[nodiscard]] constexpr party opposite(party p) noexcept {
    return p == party::caller ? party::callee : party::caller;
}

/// One end: where it sends from and receives at, and the relay's port that faces it.
struct call_end {
    sockaddr_in local{};
    sockaddr_in relay{};
};

struct call {
    std::string id;
    std::array<call_end, 2> ends;

    [[nodiscard]] call_end& end(party p) noexcept { return ends[static_cast<std::size_t>(p)]; }
    [[nodiscard]] const call_end& end(party p) const noexcept { return ends[static_cast<std::size_t>(p)]; }
};

/// Most calls of one run: each has two addresses of its own in 127.0.0.0/8.
inline constexpr std::size_t most_calls = 65000;

/// Calls whose ends share few ports: the address tells the call and the party. Port `ports[i]` is that of the
/// calls with a number of i modulo the count of ports.
[[nodiscard]] std::vector<call> make_calls(std::size_t count, const std::vector<std::uint16_t>& ports);

/// A call without media, for control commands only; `number` makes it unique.
[[nodiscard]] call make_silent_call(std::uint64_t number);

/// Lets the ends of each call send to each other without a relay.
void connect_directly(std::vector<call>& calls);

/// Which end of which call listens at `address` (host byte order), as far as make_calls() gave it out.
struct end_name {
    std::size_t call_number;
    party who;
};
[[nodiscard]] inline end_name end_at(std::uint32_t address) noexcept {
    return {(address & 0xffffU) - 1, ((address >> 16) & 0xffU) == 1 ? party::caller : party::callee};
}

}  // namespace rtpproxy::bench
