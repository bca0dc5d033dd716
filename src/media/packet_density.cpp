#include "rtpproxy/media/packet_density.hpp"

namespace rtpproxy {

void packet_density::on_batch(std::size_t packets, time_point now) noexcept {
    packets_ += packets;
    const auto elapsed = now - window_start_;
    if (elapsed < window) return;
    const auto rate = static_cast<double>(packets_) / std::chrono::duration<double>{elapsed}.count();
    thick_ = rate >= (thick_ ? end_rate : begin_rate);
    window_start_ = now;
    packets_ = 0;
}

}  // namespace rtpproxy
