#pragma once

#include <chrono>

namespace rtpproxy {

/// All protocol time is monotonic and handed in by the caller; only the I/O shells read the clock.
using steady_clock = std::chrono::steady_clock;
using time_point = steady_clock::time_point;
using duration = steady_clock::duration;

}  // namespace rtpproxy
