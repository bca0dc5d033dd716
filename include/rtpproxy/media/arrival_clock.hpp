#pragma once

#include "rtpproxy/net/time.hpp"

#include <chrono>
#include <optional>

namespace rtpproxy {

/// Tells how long datagrams had been in the kernel before they were read.
///
/// The kernel stamps them with the wall clock (`SIOCGSTAMPNS`), which may be set meanwhile; nobody believes
/// a stamp then, nor one from the future or from long ago. Pure. Belongs to the plane's strand.
class arrival_clock {
  public:
    using wall_time = std::chrono::nanoseconds;  ///< since the epoch of CLOCK_REALTIME

    /// A stamp further back is no time that a datagram waited.
    static constexpr duration longest_wait = std::chrono::seconds{10};

    /// A batch of datagrams begins to be read: what both clocks say now.
    void begin_batch(time_point now, wall_time wall) noexcept {
        const auto offset = wall - std::chrono::duration_cast<wall_time>(now.time_since_epoch());
        // The wall clock is slewed by less than one part in a thousand; more than that is a step.
        const auto tolerance = step_at_least + (now - now_) / 1000;
        is_steady_ = offset_ && std::chrono::abs(offset - *offset_) <= tolerance;
        offset_ = offset;
        now_ = now;
        wall_ = wall;
    }

    /// How long a datagram with that stamp had waited when the batch began; 0 when that cannot be told, and
    /// for one that came later.
    [[nodiscard]] duration wait_of(std::optional<wall_time> stamp) const noexcept {
        if (!stamp || !is_steady_) return {};
        const duration waited = wall_ - *stamp;
        return waited < duration::zero() || waited > longest_wait ? duration::zero() : waited;
    }

  private:
    static constexpr std::chrono::milliseconds step_at_least{1};

    time_point now_{};
    wall_time wall_{};
    std::optional<wall_time> offset_;  ///< of the wall clock, when the batch before began
    bool is_steady_ = false;
};

}  // namespace rtpproxy
