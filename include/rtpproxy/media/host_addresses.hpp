#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>

namespace rtpproxy {

/// The address this host would use to reach `remote`; empty when there is no route. Asks the kernel, sends
/// nothing.
[[nodiscard]] std::optional<boost::asio::ip::address> local_address_towards(
    const boost::asio::ip::address& remote);

/// Whether datagrams to `address` stay on this host, by where the kernel would send them from. Also true when
/// the kernel cannot be asked, or has no way to send them.
[[nodiscard]] bool may_be_host_address(const boost::asio::ip::address& address);

}  // namespace rtpproxy
