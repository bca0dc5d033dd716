#include "rtpproxy/net/address_scope.hpp"

#include <array>
#include <cstdint>

namespace rtpproxy {
namespace {

using namespace boost::asio::ip;

struct ipv4_network {
    std::uint32_t prefix;
    std::uint32_t mask;
};

constexpr std::array<ipv4_network, 5> private_networks{{
    {0x0a000000, 0xff000000},  // 10.0.0.0/8, RFC 1918
    {0xac100000, 0xfff00000},  // 172.16.0.0/12, RFC 1918
    {0xc0a80000, 0xffff0000},  // 192.168.0.0/16, RFC 1918
    {0x64400000, 0xffc00000},  // 100.64.0.0/10, RFC 6598
    {0xa9fe0000, 0xffff0000},  // 169.254.0.0/16, RFC 3927
}};

bool is_private_v4(std::uint32_t address) noexcept {
    for (const auto& network : private_networks)
        if ((address & network.mask) == network.prefix) return true;
    return false;
}

bool is_private_v6(const address_v6& address) noexcept {
    const auto octets = address.to_bytes();
    if (address.is_v4_mapped())
        return is_private_v4(std::uint32_t{octets[12]} << 24 | std::uint32_t{octets[13]} << 16 |
                             std::uint32_t{octets[14]} << 8 | octets[15]);
    return address.is_link_local() || (octets[0] & 0xfe) == 0xfc;  // fe80::/10, fc00::/7
}

}  // namespace

bool is_private(const address& address) noexcept {
    return address.is_v4() ? is_private_v4(address.to_v4().to_uint()) : is_private_v6(address.to_v6());
}

address without_mapping(const address& address) noexcept {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return make_address_v4(v4_mapped, address.to_v6());
}

address plain(const address& address) noexcept {
    const auto unmapped = without_mapping(address);
    return unmapped.is_v6() ? boost::asio::ip::address{address_v6{unmapped.to_v6().to_bytes()}} : unmapped;
}

}  // namespace rtpproxy
