#pragma once

#include "rtpproxy/net/local_addresses.hpp"

#include <boost/asio/ip/address.hpp>

#include <span>
#include <string>
#include <vector>

namespace rtpproxy {

/// What to tell an operator who has media on a wildcard although the host has several addresses of that
/// family that others can reach: loopback and link-local ones do not count. One text for each such family,
/// usually none. Pure.
[[nodiscard]] std::vector<std::string> advice_on_wildcards(std::span<const local_address_ptr> used,
                                                           std::span<const boost::asio::ip::address> of_host);

}  // namespace rtpproxy
