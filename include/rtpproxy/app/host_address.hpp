#pragma once

#include <boost/asio/ip/address.hpp>

#include <string_view>

namespace rtpproxy {

/// Checks, by binding a UDP socket to it for a moment, that media can be received on `address`. Throws
/// startup_error that starts with `option` and the address: `-l 192.0.2.1: this address is not on this host`.
void require_host_address(std::string_view option, const boost::asio::ip::address& address);

}  // namespace rtpproxy
