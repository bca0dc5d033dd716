#include "rtpproxy/control/peer_rates.hpp"

#include <algorithm>
#include <chrono>

namespace rtpproxy {
namespace {

constexpr auto period = std::chrono::seconds(1);

}  // namespace

peer_rates::peer_rates(std::uint32_t per_second) noexcept {
    if (per_second == 0) return;
    interval_ = std::chrono::duration_cast<duration>(period) / per_second;
    depth_ = interval_ * per_second;
}

bool peer_rates::try_take(const control_peer::host_id& host, time_point now) {
    auto& full = full_at(host, now);
    const auto next = std::max(full, now) + interval_;
    if (next - now > depth_) return false;
    full = next;
    return true;
}

duration peer_rates::reserve(const control_peer::host_id& host, time_point now) {
    auto& full = full_at(host, now);
    full = std::max(full, now) + interval_;
    return full - now - depth_;
}

time_point& peer_rates::full_at(const control_peer::host_id& host, time_point now) {
    if (now >= forget_next_) forget_silent(now);
    if (const auto known = full_at_.find(host); known != full_at_.end()) return known->second;
    if (full_at_.size() >= max_hosts) return others_full_at_;
    return full_at_.emplace(host, now).first->second;
}

void peer_rates::forget_silent(time_point now) {
    forget_next_ = now + period;
    boost::unordered::erase_if(full_at_, [=](const auto& entry) { return entry.second <= now; });
}

}  // namespace rtpproxy
