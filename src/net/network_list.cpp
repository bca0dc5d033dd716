#include "rtpproxy/net/network_list.hpp"

#include "rtpproxy/net/address_scope.hpp"

#include <algorithm>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;

constexpr int mapped_prefix = 96;  // of ::ffff:0:0/96

bool covers(const ip::network_v4& network, const ip::address_v4& host) noexcept {
    return (host.to_uint() & network.netmask().to_uint()) == network.network().to_uint();
}

bool covers(const ip::network_v6& network, const ip::address_v6& host) {
    return ip::network_v6(host, network.prefix_length()).network() == network.network();
}

/// `::ffff:192.0.2.0/120` is 192.0.2.0/24.
bool is_mapped(const ip::network_v6& network) {
    return network.address().is_v4_mapped() && network.prefix_length() >= mapped_prefix;
}

}  // namespace

boost::system::result<network_list, std::string> network_list::parse(std::string_view text) {
    network_list all;
    for (;;) {
        const auto comma = text.find(',');
        if (!all.add(text.substr(0, comma)))
            return "'" + std::string(text.substr(0, comma)) +
                   "' is not a network; expected ADDR/PREFIX, for example 192.0.2.0/24, or ADDR";
        if (comma == text.npos) return all;
        text.remove_prefix(comma + 1);
    }
}

void network_list::add(const network_list& more) {
    v4_.insert(v4_.end(), more.v4_.begin(), more.v4_.end());
    v6_.insert(v6_.end(), more.v6_.begin(), more.v6_.end());
}

bool network_list::add(std::string_view text) {
    std::string network(text);
    const bool v6 = text.find(':') != text.npos;
    if (text.find('/') == text.npos) network += v6 ? "/128" : "/32";
    boost::system::error_code failure;
    if (!v6) {
        const auto read = ip::make_network_v4(network, failure);
        if (!failure) v4_.push_back(read.canonical());
        return !failure;
    }
    const auto read = ip::make_network_v6(network, failure);
    if (failure) return false;
    if (is_mapped(read))
        v4_.push_back(ip::network_v4(ip::make_address_v4(ip::v4_mapped, read.address()),
                                     static_cast<unsigned short>(read.prefix_length() - mapped_prefix))
                          .canonical());
    else
        v6_.push_back(read.canonical());
    return true;
}

std::string network_list::to_string() const {
    std::string text;
    const auto append = [&](const auto& network) { text += (text.empty() ? "" : ",") + network.to_string(); };
    std::ranges::for_each(v4_, append);
    std::ranges::for_each(v6_, append);
    return text;
}

bool network_list::contains(const ip::address& host) const noexcept {
    const auto plain = without_mapping(host);
    if (plain.is_v4())
        return std::ranges::any_of(v4_, [v4 = plain.to_v4()](const auto& n) { return covers(n, v4); });
    return std::ranges::any_of(v6_, [v6 = plain.to_v6()](const auto& n) { return covers(n, v6); });
}

}  // namespace rtpproxy
