#pragma once

#include "load/control_channel.hpp"
#include "load/histogram.hpp"
#include "load/signalling.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace rtpproxy::bench {

/// What a run of call set-ups and tear-downs saw.
struct cycles_result {
    double seconds = 0;
    std::uint64_t cycles = 0;          ///< offer, answer and remove, all answered
    std::uint64_t commands = 0;        ///< answered or not
    std::uint64_t lost = 0;            ///< commands without a reply; each was sent once
    std::uint64_t refused = 0;         ///< answered with an error
    std::array<histogram, 3> latency;  ///< of offer, answer, remove

    [[nodiscard]] double cycles_per_second() const noexcept {
        return seconds > 0 ? static_cast<double>(cycles) / seconds : 0;
    }
};

/// Sets calls up and ends them at once, over and over for `time`, with `outstanding` commands under way.
[[nodiscard]] cycles_result run_cycles(control_channel& channel, const signalling& protocol,
                                       std::size_t outstanding, std::chrono::duration<double> time);

/// What became of many commands sent at once.
struct burst_result {
    std::uint64_t commands = 0;
    std::uint64_t lost = 0;
    std::uint64_t refused = 0;
    std::uint64_t repeated = 0;        ///< commands sent twice under the same cookie
    std::uint64_t executed_twice = 0;  ///< of these, answered differently the second time
    double seconds = 0;                ///< until the last reply
    histogram latency;
};

/// Sends `commands` offers back to back; then the removals of these calls, each twice with the same cookie. A
/// removal that is carried out twice is refused the second time.
[[nodiscard]] burst_result run_burst(control_channel& channel, const signalling& protocol,
                                     std::size_t commands);

}  // namespace rtpproxy::bench
