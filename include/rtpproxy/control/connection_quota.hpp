#pragma once

#include "rtpproxy/control/control_peer.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>

namespace rtpproxy {

/// Shares the connections of a listener among hosts: the last eighth of them is for hosts that have fewer
/// than are left, so that one host cannot have them all. Pure.
class connection_quota {
  public:
    explicit connection_quota(std::size_t limit) noexcept : limit_(limit) {}

    /// Counts a connection of that host in, if it may have one more.
    [[nodiscard]] bool try_add(const control_peer::host_id& host) {
        const auto left = limit_ - total_;
        const auto known = by_host_.find(host);
        const auto own = known == by_host_.end() ? 0 : known->second;
        if (left == 0 || (left <= limit_ / 8 && own >= left)) return false;
        ++by_host_[host];  // first, as it may throw
        ++total_;
        return true;
    }

    /// Counts out one that was counted in.
    void remove(const control_peer::host_id& host) noexcept {
        --total_;
        const auto known = by_host_.find(host);
        if (--known->second == 0) by_host_.erase(known);
    }

    [[nodiscard]] std::size_t total() const noexcept { return total_; }

  private:
    std::size_t limit_;
    std::size_t total_ = 0;
    boost::unordered_flat_map<control_peer::host_id, std::size_t, boost::hash<control_peer::host_id>>
        by_host_;
};

}  // namespace rtpproxy
