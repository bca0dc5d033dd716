#pragma once

#include "rtpproxy/net/time.hpp"

#include <cstdint>

namespace rtpproxy {

/// A moment to about a millisecond (2^20 ns), in four octets: latches are many and keep several. Wraps after
/// 52 days; an older moment looks younger then.
class coarse_time {
  public:
    coarse_time() noexcept = default;
    explicit coarse_time(time_point t) noexcept
        : ticks_(static_cast<std::uint32_t>(t.time_since_epoch().count() >> shift)) {}

    /// How long ago this was, give or take a tick; 0 if `now` is a little before it, as the arrival of a packet
    /// that was kept for a while.
    [[nodiscard]] duration age(time_point now) const noexcept {
        const std::uint32_t ticks = coarse_time{now}.ticks_ - ticks_;
        return ticks > before ? duration{} : duration{static_cast<std::int64_t>(ticks) << shift};
    }

  private:
    static constexpr int shift = 20;
    static constexpr std::uint32_t before = 0xffff'f000;  // some four seconds
    std::uint32_t ticks_ = 0;
};

}  // namespace rtpproxy
