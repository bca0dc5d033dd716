#include "rtpproxy/media/host_addresses.hpp"

#include "rtpproxy/net/address_scope.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <sys/socket.h>

#include <cstdint>

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

bool may_be_host_address(const boost::asio::ip::address& address) {
    const auto source = local_address_towards(address);
    return !source || plain(*source) == plain(address);
}

}  // namespace rtpproxy
