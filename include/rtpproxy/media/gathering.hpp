#pragma once

#include "rtpproxy/net/time.hpp"

#include <chrono>
#include <cstddef>

namespace rtpproxy {

/// Decides when packets may gather for a moment, so that one wake-up serves many of them.
///
/// At a partial load half the cost of a packet is sleeping and waking up for it. Where packets come thick,
/// waiting up to `longest` for more of them saves most of that; where they are few, it would only delay them.
/// So gathering begins above `begin_rate` packets a second and ends below `end_rate`. Pure; belongs to one
/// shard.
class gathering {
  public:
    static constexpr double begin_rate = 20'000;
    static constexpr double end_rate = 12'000;
    static constexpr duration window = std::chrono::milliseconds{20};

    /// 0: never gathers.
    explicit gathering(duration longest) noexcept : longest_(longest) {}

    /// `packets` were taken at `now`.
    void on_batch(std::size_t packets, time_point now) noexcept;

    /// Whether the next batch should wait for `longest()` instead of the next packet.
    [[nodiscard]] bool worthwhile() const noexcept { return worthwhile_; }
    [[nodiscard]] duration longest() const noexcept { return longest_; }

  private:
    duration longest_;
    time_point window_start_{};
    std::size_t packets_ = 0;
    bool worthwhile_ = false;
};

}  // namespace rtpproxy
