#include "rtpproxy/engine/load_average.hpp"

#include <algorithm>
#include <cmath>

namespace rtpproxy {

void load_average::add(duration worked, duration passed, std::size_t threads) noexcept {
    using seconds = std::chrono::duration<double>;
    const double had = seconds(passed).count() * static_cast<double>(threads);
    if (had <= 0) return;
    // The clocks of threads and of time are read one after the other, so the share may come out above 1.
    const double latest = std::clamp(seconds(worked).count() / had, 0.0, 1.0);
    const double kept = empty_ ? 0.0 : std::exp(-seconds(passed) / seconds(memory));
    value_ = kept * value_ + (1 - kept) * latest;
    empty_ = false;
}

}  // namespace rtpproxy
