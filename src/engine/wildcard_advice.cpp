#include "rtpproxy/engine/wildcard_advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t most_named = 4;

bool is_link_local(const ip::address& address) {
    return address.is_v6() ? address.to_v6().is_link_local()
                           : address.to_v4().to_uint() >> 16 == 0xa9fe;  // 169.254.0.0/16, RFC 3927
}

std::vector<std::string> reachable_ones(address_family family, std::span<const ip::address> of_host) {
    std::vector<std::string> found;
    for (const auto& each : of_host)
        if (family_of(each) == family && !each.is_loopback() && !is_link_local(each))
            found.push_back(each.to_string());
    return found;
}

std::string list(std::span<const std::string> names) {
    const auto named = names.first(std::min(names.size(), most_named));
    const auto rest = names.size() - named.size();
    return fmt::format("{}{}", fmt::join(named, ", "), rest == 0 ? "" : fmt::format(" and {} more", rest));
}

}  // namespace

std::vector<std::string> advice_on_wildcards(std::span<const local_address_ptr> used,
                                             std::span<const ip::address> of_host) {
    std::vector<std::string> advice;
    for (const auto family : {address_family::ipv4, address_family::ipv6}) {
        const auto is_concerned = [&](const auto& each) {
            return each->is_wildcard() && each->family() == family;
        };
        const auto several = reachable_ones(family, of_host);
        if (several.size() < 2 || std::ranges::none_of(used, is_concerned)) continue;
        const auto* const option = family == address_family::ipv4 ? "-l" : "-6";
        advice.push_back(
            fmt::format("media is on * ({} *) and this host has {} addresses, {}: until a party is heard, it "
                        "is sent to from the one the kernel chooses, which its NAT may not let in; name "
                        "the address with {}",
                        option, several.size(), list(several), option));
    }
    return advice;
}

}  // namespace rtpproxy
