#include "load/media_result.hpp"

namespace rtpproxy::bench {

bool media_result::limited_by_generator() const noexcept {
    constexpr auto tolerated_lateness = std::chrono::milliseconds{5};
    constexpr double tolerated_shortfall = 0.005;
    const double shortfall = static_cast<double>(planned) - static_cast<double>(sent);
    return dropped_here > 0 || shortfall > tolerated_shortfall * static_cast<double>(planned) ||
           lateness.quantile(0.99) > tolerated_lateness;
}

}  // namespace rtpproxy::bench
