#pragma once

#include "rtpproxy/net/local_addresses.hpp"

#include <boost/asio/ip/address.hpp>

#include <memory>
#include <optional>
#include <string>

namespace rtpproxy::test {

/// One of a few sets of local addresses: any address, IPv4, IPv6, labelled ones of both families, bridging.
inline local_addresses address_book(unsigned choice) {
    const auto make = [](const char* address, std::string advertised = {}, std::string label = {}) {
        return std::make_shared<const local_address>(
            local_address{boost::asio::ip::make_address(address), std::move(advertised), std::move(label)});
    };
    switch (choice % 5) {
        case 0:
            return local_addresses({make("0.0.0.0")});
        case 1:
            return local_addresses({make("127.0.0.1")});
        case 2:
            return local_addresses({make("::1")});
        case 3:
            return local_addresses(
                {make("127.0.0.1"), make("127.0.0.5", "9.9.9.9", "foo"), make("::1", {}, "six")});
        default:
            return {make("10.0.0.1"), make("192.0.2.1"), {make("::1", {}, "six")}};
    }
}

/// A routing table that knows 10.0.0.0/8 and 2001:db8::/32.
inline std::optional<boost::asio::ip::address> route_to(const boost::asio::ip::address& remote) {
    const auto text = remote.to_string();
    if (text.starts_with("10.")) return boost::asio::ip::make_address("10.255.0.1");
    if (text.starts_with("2001:db8:")) return boost::asio::ip::make_address("2001:db8::ffff");
    return std::nullopt;
}

}  // namespace rtpproxy::test
