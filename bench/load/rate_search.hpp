#pragma once

#include "load/media_run.hpp"

#include <vector>

namespace rtpproxy::bench {

/// What counts as sustained.
struct rate_limits {
    double most_loss = 0.001;
    std::chrono::nanoseconds most_delay_p99 = std::chrono::milliseconds{20};
};

[[nodiscard]] bool is_sustained(const media_result& result, const rate_limits& limits) noexcept;

struct rate_search_result {
    struct trial {
        double rate;
        bool sustained;
        bool limited_by_generator;
        media_result result;
    };
    std::vector<trial> trials;

    /// The fastest sustained trial; null when none was.
    [[nodiscard]] const trial* best() const noexcept;
    /// Whether the slowest rate that failed did so on the generator's side.
    [[nodiscard]] bool limited_by_generator() const noexcept;
};

/// How long a rate is tried, and how long the relay rests before.
struct trial_times {
    std::chrono::duration<double> trial;
    std::chrono::duration<double> rest;
};

/// Searches the highest sustained packet rate between 0 and `most`: doubles from `first` until a rate fails,
/// then halves the interval until it is 3 % wide. A rate fails when two trials do, so that one disturbance
/// does not decide. Takes at most 18 rates, and none below a sixteenth of `first`.
[[nodiscard]] rate_search_result search_rate(media_run& run, double first, double most,
                                             const trial_times& times, const rate_limits& limits);

}  // namespace rtpproxy::bench
