#include "rtpproxy/media/gathering.hpp"

namespace rtpproxy {

void gathering::on_batch(std::size_t packets, time_point now) noexcept {
    packets_ += packets;
    const auto elapsed = now - window_start_;
    if (longest_ <= duration::zero() || elapsed < window) return;
    const auto rate = static_cast<double>(packets_) / std::chrono::duration<double>{elapsed}.count();
    worthwhile_ = rate >= (worthwhile_ ? end_rate : begin_rate);
    window_start_ = now;
    packets_ = 0;
}

}  // namespace rtpproxy
