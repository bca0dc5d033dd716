#pragma once

#include "rtpproxy/control/control_peer.hpp"
#include "rtpproxy/net/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>

namespace rtpproxy {

/// How many commands each host may have carried out (`--control-rate`): a number a second, and as many at
/// once after a second of silence. The generic cell rate algorithm (ITU-T I.371), one time stamp a host.
///
/// Pure: the caller passes the time. Not thread-safe.
class peer_rates {
  public:
    /// 0: no limit.
    explicit peer_rates(std::uint32_t per_second) noexcept;

    /// Whether there is a limit at all.
    [[nodiscard]] bool limited() const noexcept { return interval_ != duration::zero(); }

    /// Takes one command if the host may have one now.
    [[nodiscard]] bool try_take(const control_peer::host_id& host, time_point now);

    /// Takes one command at any rate.
    /// @returns how long it has to wait for its time; zero or less: not at all.
    [[nodiscard]] duration reserve(const control_peer::host_id& host, time_point now);

    /// Hosts remembered. Hosts that have been silent for a second are forgotten now and then.
    [[nodiscard]] std::size_t size() const noexcept { return full_at_.size(); }

    /// More hosts than these share one allowance.
    static constexpr std::size_t max_hosts = 65536;

  private:
    time_point& full_at(const control_peer::host_id& host, time_point now);
    void forget_silent(time_point now);

    duration interval_{};  // in which one command comes back
    duration depth_{};     // in which an empty allowance fills
    time_point forget_next_{};
    time_point others_full_at_{};  // of hosts beyond max_hosts
    boost::unordered_flat_map<control_peer::host_id, time_point, boost::hash<control_peer::host_id>> full_at_;
};

}  // namespace rtpproxy
