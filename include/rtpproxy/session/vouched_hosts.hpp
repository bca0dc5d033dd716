#pragma once

#include "rtpproxy/net/network_list.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/container/static_vector.hpp>

#include <algorithm>
#include <memory>

namespace rtpproxy {

/// Hosts that media of a party may come from although signalling names another one, and why: the operator
/// listed their network, or they served earlier calls of the signalled host. Immutable, shared by legs.
struct vouched_hosts {
    static constexpr std::size_t most_companions = 4;
    using companions = boost::container::static_vector<boost::asio::ip::address, most_companions>;

    std::shared_ptr<const network_list> carriers;  ///< null: none are listed
    companions of_signalled_host;

    [[nodiscard]] bool contains(const boost::asio::ip::address& host) const noexcept {
        return (carriers != nullptr && carriers->contains(host)) ||
               std::ranges::find(of_signalled_host, host) != of_signalled_host.end();
    }
};

}  // namespace rtpproxy
