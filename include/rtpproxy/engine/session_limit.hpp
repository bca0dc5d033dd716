#pragma once

#include <atomic>
#include <cstdint>

namespace rtpproxy {

/// How many sessions all shards together may have (`--max-sessions`). Any thread.
class session_limit {
  public:
    /// 0: no limit.
    explicit session_limit(std::uint64_t most) noexcept : most_(most) {}

    /// Counts one session in; false when there are as many as may be.
    [[nodiscard]] bool try_add() noexcept {
        if (most_ == 0) return true;
        if (live_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
        remove();
        return false;
    }

    /// Counts out one that was counted in.
    void remove() noexcept {
        if (most_ != 0) live_.fetch_sub(1, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

  private:
    const std::uint64_t most_;
    std::atomic<std::uint64_t> live_{0};
};

}  // namespace rtpproxy
