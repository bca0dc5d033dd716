#pragma once

#include <atomic>
#include <cstdint>

namespace rtpproxy {

/// A statistic that one strand counts and any thread may read. Counting costs a plain addition: no lock
/// prefix.
class counter {
  public:
    void add(std::uint64_t amount) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    counter& operator++() noexcept {
        add(1);
        return *this;
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace rtpproxy
