#pragma once

#include "rtpproxy/net/endpoint.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace rtpproxy {

/// Both ends of a command datagram: its reply goes to `peer` and leaves from `local`.
struct datagram_path {
    endpoint peer;
    std::optional<boost::asio::ip::address> local;  ///< of a wildcard socket; others have but one
    unsigned interface = 0;                         ///< index; set where `local` needs it (IPv6 link-local)
};

struct received_datagram {
    std::size_t octets = 0;
    bool truncated = false;  ///< it was longer than the buffer
    datagram_path path;
};

/// Makes the kernel tell the local address of each datagram (IP_PKTINFO, RFC 3542 §6.1 IPV6_RECVPKTINFO).
[[nodiscard]] boost::system::error_code enable_packet_info(int socket, bool ipv6) noexcept;

/// Asks for a receive buffer of `octets`, past the system's limit where the privileges allow it.
void enlarge_receive_buffer(int socket, int octets) noexcept;

/// Reads one datagram without waiting; `would_block` when there is none.
[[nodiscard]] boost::system::error_code receive_datagram(int socket, std::span<char> buffer,
                                                         received_datagram& received) noexcept;

/// Sends one datagram without waiting; `would_block` when the socket's send buffer is full.
[[nodiscard]] boost::system::error_code send_datagram(int socket, std::string_view octets,
                                                      const datagram_path& path) noexcept;

}  // namespace rtpproxy
