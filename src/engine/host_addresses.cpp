#include "rtpproxy/engine/host_addresses.hpp"

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <ifaddrs.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

namespace rtpproxy {

// A plain socket: an io_context would take descriptors of its own, and throws when there are none left.
std::optional<boost::asio::ip::address> local_address_towards(const boost::asio::ip::address& remote) {
    constexpr std::uint16_t any_port = 9;  // nothing is sent there
    const endpoint destination{remote, any_port};
    const unique_fd probe{::socket(destination.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!probe) return std::nullopt;
    if (::connect(probe.get(), destination.data(), static_cast<socklen_t>(destination.size())) != 0)
        return std::nullopt;
    endpoint local;
    auto size = static_cast<socklen_t>(local.capacity());
    if (::getsockname(probe.get(), local.data(), &size) != 0) return std::nullopt;
    return local.address();
}

std::vector<boost::asio::ip::address> host_addresses() {
    std::vector<boost::asio::ip::address> found;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return found;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> interfaces{first, &::freeifaddrs};
    for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr) continue;
        const auto family = each->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        endpoint address;
        std::memcpy(address.data(), each->ifa_addr,
                    family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        found.push_back(address.address());
    }
    return found;
}

}  // namespace rtpproxy
