#pragma once

#include "rtpproxy/media/datagram_origin.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/packet_info.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtpproxy {

/// A non-blocking UDP socket of a media port. What the kernel can do for media stays behind this type.
class udp_socket {
  public:
    /// Binds `local` (IPv6 sockets take IPv6 only) and asks for a receive buffer that rides out a scheduling
    /// delay. On a wildcard (`0.0.0.0`, `::`) the kernel tells of each datagram which address of this host it
    /// was sent to.
    [[nodiscard]] static boost::system::result<udp_socket> open(const endpoint& local);

    /// Sets IP TOS or the IPv6 traffic class of what is sent from now on.
    boost::system::error_code set_traffic_class(std::uint8_t value) noexcept;

    /// Receives one datagram without waiting.
    /// @returns its size; an error (`would_block` among them) is in `error`.
    std::size_t receive(std::span<std::byte> buffer, datagram_origin& origin,
                        boost::system::error_code& error) noexcept;

    /// When the datagram that receive() returned last had arrived, on the wall clock; empty when the kernel
    /// does not say. Costs a system call, while the kernel's taking the time of all datagrams costs next to
    /// nothing.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> last_arrival() const noexcept;

    /// Sends one datagram without waiting. EPERM and ENOBUFS pass, so these are tried again, three times at
    /// most.
    void send(std::span<const std::byte> datagram, const endpoint& destination,
              boost::system::error_code& error) noexcept;

    /// The same from `source`, which has to be known, instead of the address that the kernel would choose. If
    /// this host does not have it any more, the error is `invalid_argument`, `address_not_available`,
    /// `network_unreachable` or `no_such_device`.
    void send(std::span<const std::byte> datagram, const endpoint& destination, const own_address& source,
              boost::system::error_code& error) noexcept;

    /// Makes `peer` the only one that is sent to and received from. The kernel then knows the way, so that
    /// sending costs less.
    boost::system::error_code connect(const endpoint& peer) noexcept;

    /// For sockets that nobody reads: what arrives is thrown away but for a packet or two.
    void keep_little() noexcept;

    /// Sends one datagram to the peer of connect() without waiting. That an earlier one was refused there is
    /// no error of this one.
    void send(std::span<const std::byte> datagram, boost::system::error_code& error) noexcept;

    [[nodiscard]] int native_handle() const noexcept { return fd_.get(); }

    static constexpr int receive_buffer_bytes = 256 * 1024;

  private:
    udp_socket(unique_fd fd, bool ipv6, bool on_wildcard) noexcept
        : fd_(std::move(fd)), ipv6_(ipv6), on_wildcard_(on_wildcard) {}

    unique_fd fd_;
    bool ipv6_;
    bool on_wildcard_;
};

}  // namespace rtpproxy
