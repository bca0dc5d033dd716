#pragma once

#include "rtpproxy/net/network_list.hpp"

#include <boost/asio/ip/address.hpp>

#include <string_view>

namespace rtpproxy {

/// Warns in the log when whoever reaches the control socket `socket`, bound to `local`, may command it, and
/// when it listens on loopback but nobody there is in `allowed`.
void warn_if_exposed(std::string_view socket, const network_list& allowed,
                     const boost::asio::ip::address& local);

}  // namespace rtpproxy
