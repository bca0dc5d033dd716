#include "rtpproxy/engine/host_addresses.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <ifaddrs.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

namespace rtpproxy {

std::optional<boost::asio::ip::address> local_address_towards(const boost::asio::ip::address& remote) {
    using boost::asio::ip::udp;
    constexpr std::uint16_t any_port = 9;  // nothing is sent there
    boost::asio::io_context unused;
    boost::system::error_code error;
    udp::socket socket{unused};
    const udp::endpoint destination{remote, any_port};
    socket.open(destination.protocol(), error);
    if (!error) socket.connect(destination, error);
    if (error) return std::nullopt;
    const auto local = socket.local_endpoint(error);
    if (error) return std::nullopt;
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
        boost::asio::ip::udp::endpoint address;
        std::memcpy(address.data(), each->ifa_addr,
                    family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        found.push_back(address.address());
    }
    return found;
}

}  // namespace rtpproxy
