#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <cstring>
#include <optional>

namespace rtpproxy {

/// The same endpoint as a TCP endpoint; empty when it is not one.
[[nodiscard]] inline std::optional<boost::asio::ip::tcp::endpoint> tcp_endpoint(
    const boost::asio::generic::stream_protocol::endpoint& any) {
    const auto family = any.data()->sa_family;
    if (family != AF_INET && family != AF_INET6) return std::nullopt;
    boost::asio::ip::tcp::endpoint tcp;
    if (any.size() > tcp.capacity()) return std::nullopt;
    std::memcpy(tcp.data(), any.data(), any.size());
    tcp.resize(any.size());
    return tcp;
}

/// Its IP address; empty when it has none.
[[nodiscard]] inline std::optional<boost::asio::ip::address> address_of(
    const boost::asio::generic::stream_protocol::endpoint& any) {
    const auto tcp = tcp_endpoint(any);
    return tcp ? std::optional(tcp->address()) : std::nullopt;
}

/// Its port; 0 when it has none.
[[nodiscard]] inline std::uint16_t port_of(const boost::asio::generic::stream_protocol::endpoint& any) {
    const auto tcp = tcp_endpoint(any);
    return tcp ? tcp->port() : std::uint16_t{0};
}

}  // namespace rtpproxy
