#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rtpproxy::bench {

/// `address` in host byte order.
[[nodiscard]] inline sockaddr_in make_address(std::uint32_t address, std::uint16_t port) noexcept {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_addr.s_addr = htonl(address);
    made.sin_port = htons(port);
    return made;
}

[[nodiscard]] inline bool same_address(const sockaddr_in& a, const sockaddr_in& b) noexcept {
    return a.sin_addr.s_addr == b.sin_addr.s_addr && a.sin_port == b.sin_port;
}

[[nodiscard]] inline std::uint16_t port_of(const sockaddr_in& address) noexcept {
    return ntohs(address.sin_port);
}

/// Dotted decimal, without port.
[[nodiscard]] std::string host_text(const sockaddr_in& address);

/// Reads `a.b.c.d:port`. Throws std::invalid_argument on anything else.
[[nodiscard]] sockaddr_in parse_host_and_port(std::string_view text);

/// The address in the process's `sockaddr_in` form, for system calls.
[[nodiscard]] inline const sockaddr* as_sockaddr(const sockaddr_in& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace rtpproxy::bench
