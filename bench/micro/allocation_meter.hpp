#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>

namespace rtpproxy::bench {

/// Heap allocations of this program so far.
[[nodiscard]] std::size_t allocations_so_far() noexcept;

/// Reports the allocations of an iteration, as the counter `allocations`, for the block it lives in.
class allocation_meter {
  public:
    explicit allocation_meter(benchmark::State& state) : state_(state), before_(allocations_so_far()) {}
    ~allocation_meter() {
        const auto made = allocations_so_far() - before_;
        state_.counters["allocations"] =
            benchmark::Counter(static_cast<double>(made), benchmark::Counter::kAvgIterations);
    }
    allocation_meter(const allocation_meter&) = delete;
    allocation_meter& operator=(const allocation_meter&) = delete;

  private:
    benchmark::State& state_;
    std::size_t before_;
};

}  // namespace rtpproxy::bench
