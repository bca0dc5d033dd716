#pragma once

#include "rtpproxy/net/endpoint.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/result.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Finds the address of a host in one family. The failure is a sentence fit for the operator.
using host_resolver = std::function<boost::system::result<boost::asio::ip::address, std::string>(
    address_family, std::string_view)>;

/// Reads a numeric address (IPv6 also in brackets) or asks the system's resolver. Blocks while it does.
/// `*` is any address of the family.
[[nodiscard]] boost::system::result<boost::asio::ip::address, std::string> resolve_host(
    address_family family, std::string_view host);

/// The same without the resolver: names are refused.
[[nodiscard]] boost::system::result<boost::asio::ip::address, std::string> read_numeric_host(
    address_family family, std::string_view host);

}  // namespace rtpproxy
