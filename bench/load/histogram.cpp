#include "load/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace rtpproxy::bench {

std::uint64_t histogram::upper_end_of(std::size_t bucket) noexcept {
    if (bucket < sub_buckets) return bucket;
    const auto shift = bucket / sub_buckets - 1;
    const auto within = bucket - shift * sub_buckets;
    return ((within + 1) << shift) - 1;
}

std::chrono::nanoseconds histogram::quantile(double q) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        seen += buckets_[bucket];
        if (seen >= wanted && seen > 0) return to_duration(std::min(upper_end_of(bucket), max_));
    }
    return {};
}

}  // namespace rtpproxy::bench
