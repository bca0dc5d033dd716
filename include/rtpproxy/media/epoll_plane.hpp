#pragma once

#include "rtpproxy/media/arrival_clock.hpp"
#include "rtpproxy/media/asked_addresses.hpp"
#include "rtpproxy/media/media_destinations.hpp"
#include "rtpproxy/media/media_plane.hpp"
#include "rtpproxy/media/open_port_pair.hpp"
#include "rtpproxy/media/packet_density.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/media/ticker.hpp"
#include "rtpproxy/media/udp_socket.hpp"
#include "rtpproxy/net/unique_fd.hpp"
#include "rtpproxy/session/relay_packet.hpp"
#include "rtpproxy/session/relay_statistics.hpp"
#include "rtpproxy/strands/handler_memory.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rtpproxy {

/// Media plane on readiness: all media sockets of the shard sit in one level-triggered epoll set, and the set
/// itself is one descriptor of the shard's io_context.
///
/// A packet costs one receive and one send; waiting is paid once a wake-up, and no socket is re-armed. A
/// wake-up takes at most one packet a socket and `batch_size` packets in all, so that a loud port starves
/// nobody. When packets come thick they gather for a moment between wake-ups; or, where they may not, the
/// plane waits for them itself for a while, before it lets the io_context look at the rest.
class epoll_plane final : public media_plane {
  public:
    struct options {
        time_point epoch;           ///< when second 0 began
        duration gather_longest{};  ///< how long packets gather when they come thick; 0: not at all
        bool send_twice = false;    ///< repeat packets below `send_twice_below` octets at once
        int descriptor_limit = 0;   ///< descriptors from this number on are not for media; 0: all are
    };
    static constexpr std::size_t send_twice_below = 128;
    static constexpr std::size_t batch_size = 256;

    /// `context` is the shard's; it and all others referred to must outlive the plane.
    epoll_plane(boost::asio::io_context& context, port_pool& pool, const media_destinations& destinations,
                relay_statistics& statistics, media_observer& observer, const options& chosen);
    ~epoll_plane() override;

    /// Begins to wait for packets.
    void start();
    /// Stops relaying for good; ports stay open.
    void stop();

    [[nodiscard]] boost::system::result<open_pair> open(const local_address_ptr& local,
                                                        std::uint8_t traffic_class, session& owner,
                                                        side faces) override;
    void close(port_pair_id pair) noexcept override;
    boost::system::error_code set_traffic_class(port_pair_id pair, std::uint8_t value) override;
    void forward(session& owner, side from, component which, std::span<const std::byte> datagram,
                 const endpoint& source) override;
    bool send_to_party(session& owner, side to, component which,
                       std::span<const std::byte> datagram) override;

  private:
    struct port_pair {
        bound_pair bound;
        session* owner;
        side faces;
        std::unique_ptr<asked_addresses> asked;  // null: the ports are on one address only

        [[nodiscard]] udp_socket& socket(component which) noexcept {
            return bound.sockets[static_cast<std::size_t>(which)];
        }
    };
    struct learned_address {
        session* owner;
        side party;
        component which;
    };
    struct refused_source {
        session* owner;
        side party;
        component which;
        endpoint source;
        drop_reason why;
    };
    struct error_report {
        time_point next{};
        std::uint64_t unreported = 0;
    };

    void go_on(bool more_is_there) noexcept;
    void wait_for_packet() noexcept;
    void take_batch_soon() noexcept;
    void let_packets_gather(time_point until) noexcept;
    [[nodiscard]] bool join_context() noexcept;
    void take_batch() noexcept;
    bool take_ready(int patience) noexcept;
    void look_for_late_ones(time_point previous) noexcept;
    void stay() noexcept;
    void leave_context() noexcept;
    void on_port_readable(std::uint64_t key);
    void relay(port_pair& in, component which, std::span<const std::byte> datagram,
               const datagram_origin& origin);
    void judge_anew_if_outdated(session& owner);
    void relay_kept(session& owner, side from, component which, const endpoint& source);
    void pass_to_services_or_on(session& owner, side from, component which,
                                std::span<const std::byte> datagram, const endpoint& source,
                                const moment& when, const relay_verdict& verdict);
    void take_verdict(session& owner, side from, component which, std::span<const std::byte> datagram,
                      const relay_verdict& verdict);
    void pass_on(session& owner, side from, component which, std::span<const std::byte> datagram,
                 const endpoint& destination);
    void send(session& session, side to, component which, std::span<const std::byte> datagram,
              const endpoint& destination, boost::system::error_code& error);
    void send_once(const session& session, side to, component which, std::span<const std::byte> datagram,
                   const endpoint& destination, boost::system::error_code& error);
    [[nodiscard]] asked_addresses* asked_by(const session& session, side party) noexcept;
    [[nodiscard]] const own_address* source_towards(const session& session, side to, component which,
                                                    const endpoint& destination);
    void report(error_report& last, std::string_view call_id, std::string_view what,
                const boost::system::error_code& error) noexcept;
    void tell_observer() noexcept;

    boost::system::error_code watch(port_pair_id id, port_pair& pair);
    port_pair_id insert(port_pair pair);

    unique_fd epoll_;
    ticker ticks_;  // end the plane's own waiting for packets, in case none comes
    // Watches epoll_ while waiting for the next packet. While packets come thick it is released: a descriptor
    // the io_context knows wakes it up for every packet.
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> readiness_;
    strand_timer gather_timer_;
    handler_memory next_look_;  // of the one handler that is to look at the set, unless gather_timer_ does
    packet_density density_;
    bool stopped_ = false;
    port_pool& pool_;
    const media_destinations& destinations_;
    relay_statistics& statistics_;
    media_observer& observer_;
    const options options_;
    moment moment_{};
    arrival_clock arrivals_;
    duration longest_waited_{};  ///< of the datagrams of this batch
    bool asks_for_arrival_ = false;
    std::vector<std::optional<port_pair>> pairs_;
    std::vector<port_pair_id> vacant_;      // has room for all
    std::vector<learned_address> learned_;  // capacity batch_size: never grows
    std::vector<refused_source> refused_;   // the same
    std::vector<std::byte> buffer_;
    error_report send_errors_;
    error_report receive_errors_;
};

}  // namespace rtpproxy
