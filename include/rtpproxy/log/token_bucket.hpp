#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace rtpproxy::log {

/// Lets through `burst` events at once and `per_second` events a second in the long run.
///
/// One atomic word (the generic cell rate algorithm, ITU-T I.371), so any thread may take without a lock.
/// The caller supplies the time.
class token_bucket {
  public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Both at least 1, `per_second` at most 10^9. Starts full.
    constexpr token_bucket(std::int64_t per_second, std::int64_t burst) noexcept
        : interval_(nanoseconds_a_second / per_second), depth_(nanoseconds_a_second / per_second * burst) {}

    /// Changes both bounds and starts full again. Any thread.
    void limit(std::int64_t per_second, std::int64_t burst) noexcept {
        const auto interval = nanoseconds_a_second / per_second;
        interval_.store(interval, std::memory_order_relaxed);
        depth_.store(interval * burst, std::memory_order_relaxed);
        full_at_.store(0, std::memory_order_relaxed);
    }

    /// Takes one token if there is one.
    [[nodiscard]] bool try_take(time_point now) noexcept {
        const std::int64_t at = std::chrono::nanoseconds(now.time_since_epoch()).count();
        std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
        for (;;) {
            const std::int64_t next = std::max(full_at, at) + interval_.load(std::memory_order_relaxed);
            if (next - at > depth_.load(std::memory_order_relaxed)) return false;
            if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return true;
        }
    }

  private:
    static constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;

    std::atomic<std::int64_t> interval_;    // time in which one token comes back
    std::atomic<std::int64_t> depth_;       // time in which the empty bucket fills
    std::atomic<std::int64_t> full_at_{0};  // when the bucket is full again
};

}  // namespace rtpproxy::log
