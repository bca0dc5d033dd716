#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace rtpproxy {

/// Random numbers that nobody can predict: the kernel's, fetched many at a time, since a system call for each
/// is what would cost most. A uniform random bit generator for the distributions of `<random>`. Not
/// thread-safe.
class kernel_random {
  public:
    using result_type = std::uint32_t;
    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

    result_type operator()() noexcept;

  private:
    std::array<result_type, 64> numbers_{};
    std::size_t left_ = 0;
};

}  // namespace rtpproxy
