#pragma once

#include "rtpproxy/net/time.hpp"

#include <chrono>
#include <cstddef>

namespace rtpproxy {

/// Tells whether packets come thick: above `begin_rate` packets a second, until they fall below `end_rate`.
///
/// At such a load half the cost of a packet is sleeping and waking up for it, so that another way of waiting
/// pays. Pure; belongs to one shard.
class packet_density {
  public:
    static constexpr double begin_rate = 20'000;
    static constexpr double end_rate = 12'000;
    static constexpr duration window = std::chrono::milliseconds{20};

    /// `packets` were taken at `now`.
    void on_batch(std::size_t packets, time_point now) noexcept;

    [[nodiscard]] bool is_thick() const noexcept { return thick_; }

  private:
    time_point window_start_{};
    std::size_t packets_ = 0;
    bool thick_ = false;
};

}  // namespace rtpproxy
