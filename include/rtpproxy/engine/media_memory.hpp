#pragma once

#include "rtpproxy/engine/recent_map.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/session/former_sources.hpp"
#include "rtpproxy/session/vouched_hosts.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace rtpproxy {

/// What finished calls have shown about where media comes from, for calls to come: which hosts serve the
/// media of a signalled host, and who last sent to a port.
///
/// Shared by all shards: every member may be called from any thread and takes a lock for a bounded, short
/// time, when a leg is opened, signalled or closed; never for a packet. Bounded, and forgets in time; what there is no
/// memory for is not remembered.
class media_memory {
  public:
    using address = boost::asio::ip::address;
    using hosts = vouched_hosts::companions;

    static constexpr std::size_t most_signalled_hosts = 4096;
    static constexpr auto companions_kept = std::chrono::hours{24};  ///< since they last served
    static constexpr std::size_t most_ports = 16384;
    static constexpr auto sources_kept = std::chrono::hours{1};

    /// Media of a party for which `signalled` was signalled came from `host` all through a call.
    void remember_companion(const address& signalled, const address& host, time_point now) noexcept;
    /// Hosts that media of `signalled` came from, the latest first.
    [[nodiscard]] hosts companions_of(const address& signalled, time_point now) const noexcept;

    /// The stream of `source` was the one that a call took at the port `local`.
    void remember_source(const endpoint& local, const former_source& source, time_point now) noexcept;
    /// Empty if nothing is remembered of that port.
    [[nodiscard]] std::optional<former_sources> sources_at(const endpoint& local, time_point now) const noexcept;

  private:
    struct endpoint_hash {
        [[nodiscard]] std::size_t operator()(const endpoint& local) const noexcept;
    };

    mutable std::mutex mutex_;
    recent_map<address, hosts> companions_{most_signalled_hosts, companions_kept};
    recent_map<endpoint, former_sources, endpoint_hash> sources_{most_ports, sources_kept};
};

}  // namespace rtpproxy
