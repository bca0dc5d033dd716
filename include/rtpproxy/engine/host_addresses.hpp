#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <vector>

namespace rtpproxy {

/// The address this host would use to reach `remote`; empty when there is no route. Asks the kernel, sends
/// nothing.
[[nodiscard]] std::optional<boost::asio::ip::address> local_address_towards(
    const boost::asio::ip::address& remote);

/// The addresses of all interfaces of this host.
[[nodiscard]] std::vector<boost::asio::ip::address> host_addresses();

}  // namespace rtpproxy
