#pragma once

#include "load/histogram.hpp"

#include <cstdint>

namespace rtpproxy::bench {

/// What one measurement of media saw.
struct media_result {
    double seconds = 0;                  ///< of sending
    std::uint64_t planned = 0;           ///< packets the pace asked for
    std::uint64_t sent = 0;              ///< of these, accepted by the kernel
    std::uint64_t received = 0;          ///< distinct intact packets, stragglers included
    std::uint64_t received_in_time = 0;  ///< of these, while packets were still being sent
    std::uint64_t altered = 0;           ///< not the octets of any packet sent
    std::uint64_t misdelivered = 0;      ///< at another leg than the opposite one
    std::uint64_t wrong_source = 0;      ///< not from the port that faces the leg
    std::uint64_t late = 0;              ///< overtaken by a later packet of the same stream
    std::uint64_t duplicates = 0;
    std::uint64_t dropped_here = 0;      ///< in the generator's own receive buffers
    std::uint64_t generator_stalls = 0;  ///< closed loop: times everything in flight was given up as lost
    histogram delay;                     ///< from sending to reception
    histogram lateness;                  ///< of sending, after the pace's time for it

    [[nodiscard]] std::uint64_t lost() const noexcept { return sent > received ? sent - received : 0; }
    /// Share of the packets sent, 0 to 1.
    [[nodiscard]] double loss() const noexcept {
        return sent == 0 ? 0 : static_cast<double>(lost()) / static_cast<double>(sent);
    }
    [[nodiscard]] double sent_per_second() const noexcept {
        return seconds > 0 ? static_cast<double>(sent) / seconds : 0;
    }
    /// Goodput: packets a second delivered while sending.
    [[nodiscard]] double delivered_per_second() const noexcept {
        return seconds > 0 ? static_cast<double>(received_in_time) / seconds : 0;
    }
    /// Every packet that arrived was the right one at the right place.
    [[nodiscard]] bool is_correct() const noexcept {
        return altered == 0 && misdelivered == 0 && wrong_source == 0 && duplicates == 0;
    }
    /// Whether the generator, not the relay, limited this measurement: it could not keep its own pace or
    /// dropped packets itself.
    [[nodiscard]] bool limited_by_generator() const noexcept;
};

}  // namespace rtpproxy::bench
