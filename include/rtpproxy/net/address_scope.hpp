#pragma once

#include <boost/asio/ip/address.hpp>

namespace rtpproxy {

/// Whether the address has no meaning outside its own network, so that a host that names it may reach us from
/// another one: RFC 1918, shared (RFC 6598), link-local (RFC 3927, RFC 4291), unique local (RFC 4193), and
/// IPv4-mapped forms of these. Loopback addresses are not translated on their way to us: they do not count.
[[nodiscard]] bool is_private(const boost::asio::ip::address& address) noexcept;

}  // namespace rtpproxy
