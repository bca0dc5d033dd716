#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>

#include <netinet/in.h>

#include <cstdint>
#include <cstring>

namespace rtpproxy {

/// Address and UDP port of one end of a media path.
using endpoint = boost::asio::ip::udp::endpoint;

/// Ports from `first` to `last`, both included; none by default.
struct port_span {
    std::uint16_t first = 1;
    std::uint16_t last = 0;
    [[nodiscard]] bool empty() const noexcept { return first > last; }
    [[nodiscard]] bool contains(std::uint16_t port) const noexcept { return first <= port && port <= last; }
};

/// IP version of an address.
enum class address_family : unsigned char { ipv4, ipv6 };

[[nodiscard]] inline address_family family_of(const boost::asio::ip::address& address) noexcept {
    return address.is_v6() ? address_family::ipv6 : address_family::ipv4;
}

/// Whether both name the same host. Compares in place; cheap enough for every packet.
[[nodiscard]] inline bool same_host(const endpoint& a, const endpoint& b) noexcept {
    if (a.data()->sa_family != b.data()->sa_family) return false;
    if (a.data()->sa_family == AF_INET) {
        const auto* lhs = reinterpret_cast<const sockaddr_in*>(a.data());
        const auto* rhs = reinterpret_cast<const sockaddr_in*>(b.data());
        return lhs->sin_addr.s_addr == rhs->sin_addr.s_addr;
    }
    const auto* lhs = reinterpret_cast<const sockaddr_in6*>(a.data());
    const auto* rhs = reinterpret_cast<const sockaddr_in6*>(b.data());
    return std::memcmp(&lhs->sin6_addr, &rhs->sin6_addr, sizeof lhs->sin6_addr) == 0;
}

/// Whether both name the same host and port. `sin_port` and `sin6_port` share their offset.
[[nodiscard]] inline bool same_endpoint(const endpoint& a, const endpoint& b) noexcept {
    const auto* lhs = reinterpret_cast<const sockaddr_in*>(a.data());
    const auto* rhs = reinterpret_cast<const sockaddr_in*>(b.data());
    return lhs->sin_port == rhs->sin_port && same_host(a, b);
}

}  // namespace rtpproxy
