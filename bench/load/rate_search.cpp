#include "load/rate_search.hpp"

#include <algorithm>
#include <thread>

namespace rtpproxy::bench {
namespace {

constexpr int most_rates = 18;
constexpr int attempts_per_rate = 2;
constexpr double precision = 0.03;
constexpr double hopeless = 1.0 / 16;  // of the first rate

bool try_rate(media_run& run, double rate, const trial_times& times, const rate_limits& limits,
              rate_search_result& result) {
    for (int attempt = 0; attempt < attempts_per_rate; ++attempt) {
        (void)run.paced(rate, times.trial / 5);  // warms up
        std::this_thread::sleep_for(times.rest);
        auto measured = run.paced(rate, times.trial);
        const bool sustained = is_sustained(measured, limits);
        result.trials.push_back({rate, sustained, measured.limited_by_generator(), measured});
        if (sustained) return true;
    }
    return false;
}

}  // namespace

bool is_sustained(const media_result& result, const rate_limits& limits) noexcept {
    return result.sent > 0 && result.loss() < limits.most_loss &&
           result.delay.quantile(0.99) < limits.most_delay_p99 && !result.limited_by_generator();
}

const rate_search_result::trial* rate_search_result::best() const noexcept {
    const trial* best = nullptr;
    for (const auto& each : trials)
        if (each.sustained && (best == nullptr || each.rate > best->rate)) best = &each;
    return best;
}

bool rate_search_result::limited_by_generator() const noexcept {
    const trial* slowest = nullptr;
    const auto* reached = best();
    for (const auto& each : trials) {
        if (each.sustained || (reached != nullptr && each.rate <= reached->rate)) continue;
        if (slowest == nullptr || each.rate < slowest->rate) slowest = &each;
    }
    return slowest != nullptr && slowest->limited_by_generator;
}

rate_search_result search_rate(media_run& run, double first, double most, const trial_times& times,
                               const rate_limits& limits) {
    rate_search_result result;
    double sustained = 0;
    double failed = most * (1 + precision);
    double next = std::min(first, most);
    for (int i = 0; i < most_rates && failed - sustained > precision * failed; ++i) {
        (try_rate(run, next, times, limits, result) ? sustained : failed) = next;
        const bool still_rising = failed > most;
        if (still_rising && sustained >= most) break;
        next = still_rising ? std::min(next * 2, most) : (sustained + failed) / 2;
        if (next < first * hopeless) break;
    }
    return result;
}

}  // namespace rtpproxy::bench
