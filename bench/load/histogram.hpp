#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rtpproxy::bench {

/// Durations in buckets that grow with their value (as HdrHistogram): every quantile is right to 1.6 %.
///
/// Recording costs a few nanoseconds and allocates nothing.
class histogram {
  public:
    /// Negative durations count as 0.
    void record(std::chrono::nanoseconds value) noexcept {
        const auto nanoseconds = value.count() > 0 ? static_cast<std::uint64_t>(value.count()) : 0;
        ++buckets_[bucket_of(nanoseconds)];
        ++count_;
        if (nanoseconds > max_) max_ = nanoseconds;
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::chrono::nanoseconds max() const noexcept { return to_duration(max_); }
    /// The value below which the share `q` (0 to 1) of the recorded ones lies; 0 when there are none.
    [[nodiscard]] std::chrono::nanoseconds quantile(double q) const noexcept;

  private:
    static constexpr unsigned sub_bits = 6;
    static constexpr std::uint64_t sub_buckets = std::uint64_t{1} << sub_bits;

    [[nodiscard]] static std::chrono::nanoseconds to_duration(std::uint64_t value) noexcept {
        return std::chrono::nanoseconds{static_cast<std::int64_t>(value)};
    }
    // Values below 64 have a bucket each; above, each power of two has 64.
    [[nodiscard]] static std::size_t bucket_of(std::uint64_t value) noexcept {
        if (value < sub_buckets) return value;
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
        return shift * sub_buckets + (value >> shift);
    }
    [[nodiscard]] static std::uint64_t upper_end_of(std::size_t bucket) noexcept;

    std::array<std::uint64_t, sub_buckets*(64 - sub_bits + 1)> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace rtpproxy::bench
