#pragma once

#include <boost/asio/ip/address.hpp>

namespace rtpproxy {

/// Whether the address has no meaning outside its own network, so that a host that names it may reach us from
/// another one: RFC 1918, shared (RFC 6598), link-local (RFC 3927, RFC 4291), unique local (RFC 4193), and
/// IPv4-mapped forms of these. Loopback addresses are not translated on their way to us: they do not count.
[[nodiscard]] bool is_private(const boost::asio::ip::address& address) noexcept;

/// The IPv4 address in an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2); any other address as it is.
[[nodiscard]] boost::asio::ip::address without_mapping(const boost::asio::ip::address& address) noexcept;

/// By what a host is recognised: the address without a mapping, and without the interface of a link-local
/// one.
[[nodiscard]] boost::asio::ip::address plain(const boost::asio::ip::address& address) noexcept;

}  // namespace rtpproxy
