#pragma once

#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/network_list.hpp"
#include "rtpproxy/session/destination_kind.hpp"

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// What is sent to ports of this host that belong to other programs (`--host-media`).
enum class host_media : std::uint8_t {
    media,  ///< what looks like media
    any,    ///< anything
    none,   ///< nothing
};

/// The one that says where media may go: asked for signalled and learned addresses, RTP and RTCP, copies and
/// whatever else is sent.
///
/// Where media goes is up to what parties say about themselves, so it is up to anybody. Media must not reach
/// the services of this host, this program's own control sockets above all.
///
/// Shared by all shards: members may be called from any thread and take a lock for a short time, at control
/// rate. Packets only compare generation().
class media_destinations {
  public:
    struct settings {
        network_list denied = usually_denied();
        network_list allowed;  ///< wins over `denied`, but over nothing else
        host_media to_this_host = host_media::media;
        /// Addresses by which others reach this host, though it does not have them. Its control sockets are
        /// protected there, too.
        std::vector<boost::asio::ip::address> advertised;
    };
    struct verdict {
        destination_kind kind = destination_kind::open;
        std::string_view reason{};  ///< why it is forbidden, for the log
    };
    /// Whether an address is one of this host; asked where there is no list of them.
    using host_question = std::function<bool(const boost::asio::ip::address&)>;

    /// `pool` must outlive the object.
    media_destinations(const port_pool& pool, settings chosen);
    media_destinations(const media_destinations&) = delete;
    media_destinations& operator=(const media_destinations&) = delete;

    /// Networks where no party is: "this network" (RFC 1122), the metadata services of clouds, reserved ones
    /// (RFC 1112).
    [[nodiscard]] static network_list usually_denied();

    [[nodiscard]] verdict judge(const endpoint& destination) const;

    /// Whether datagrams to `address` stay on this host.
    [[nodiscard]] bool is_this_host(const boost::asio::ip::address& address) const;

    /// The ports of `host` that may be of this program; none unless it is this host.
    [[nodiscard]] port_span ports_on(const boost::asio::ip::address& host) const;

    /// Never lets media go to that port of this host.
    void guard_port(std::uint16_t port);

    /// The addresses of this host from now on. Loopback ones need not be among them.
    void set_host_addresses(const std::vector<boost::asio::ip::address>& addresses);

    /// In place of a list.
    void ask_for_host_addresses(host_question is_of_this_host);

    /// Changes when a verdict of before may be wrong. Never 0.
    [[nodiscard]] std::uint32_t generation() const noexcept {
        return generation_.load(std::memory_order_acquire);
    }

  private:
    [[nodiscard]] bool is_guarded(const endpoint& destination, bool on_this_host) const;
    [[nodiscard]] bool is_denied(const boost::asio::ip::address& host) const;
    [[nodiscard]] verdict judge_neighbour(std::uint16_t port) const;
    void begin_generation() noexcept;

    static constexpr std::size_t cache_line = 64;

    const port_pool& pool_;
    const settings settings_;
    mutable std::mutex mutex_;  // of the next three
    std::vector<std::uint16_t> guarded_;
    std::vector<boost::asio::ip::address> addresses_;  // ascending
    host_question ask_;
    // Read for every packet, so apart from what is written more often.
    alignas(cache_line) std::atomic<std::uint32_t> generation_{1};
};

}  // namespace rtpproxy
