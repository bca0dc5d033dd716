#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include "load/histogram.hpp"
#include "load/ipv4.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace rtpproxy::bench {

/// How punctual the packets of all streams were.
struct pacing_result {
    std::size_t streams = 0;
    std::uint64_t missing = 0;  ///< sequence numbers that never came
    histogram lateness;         ///< behind the earliest packet of the stream and the pace
    double largest_drift = 0;   ///< of a stream, microseconds a second, either way
};

/// Hears RTP at one port and writes down when each packet came, by the kernel's clock.
class packet_listener {
  public:
    /// Binds a port of the kernel's choice on 127.0.0.1. Throws std::system_error.
    packet_listener();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Takes packets for that long.
    void listen(std::chrono::nanoseconds time);
    /// Packets so far do not count.
    void forget() { streams_.clear(); }
    /// What the packets that count tell when they are due every `pace`.
    [[nodiscard]] pacing_result judge(std::chrono::nanoseconds pace) const;

    /// Packets that the kernel had no room for.
    [[nodiscard]] std::uint32_t dropped() const noexcept { return dropped_; }

  private:
    struct arrival {
        std::uint16_t sequence_number;
        std::chrono::nanoseconds when;
    };
    using stream = std::vector<arrival>;

    void take_batch();
    static void judge(const stream& heard, std::chrono::nanoseconds pace, pacing_result& result);

    unique_fd socket_;
    std::uint16_t port_ = 0;
    std::uint32_t dropped_ = 0;
    std::unordered_map<std::uint16_t, stream> streams_;  // by the relay's port
};

}  // namespace rtpproxy::bench
