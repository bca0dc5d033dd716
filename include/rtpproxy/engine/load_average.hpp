#pragma once

#include "rtpproxy/net/time.hpp"

#include <chrono>
#include <cstddef>

namespace rtpproxy {

/// How busy threads have been lately: the share of the time they had in which they worked. Pure.
///
/// Older times count less: what was `memory` ago has lost 63 % of its weight.
class load_average {
  public:
    static constexpr std::chrono::seconds memory{10};

    /// Since the last call `passed` went by, of which the threads together worked for `worked`: CPU time that
    /// each of `threads` may use all of. Nothing is taken from a time of no length.
    void add(duration worked, duration passed, std::size_t threads) noexcept;

    /// From 0 (idle) to 1 (all threads always worked); 0 before the first add().
    [[nodiscard]] double value() const noexcept { return value_; }

  private:
    double value_ = 0;
    bool empty_ = true;
};

}  // namespace rtpproxy
