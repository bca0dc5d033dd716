#include "stream_peer.hpp"

#include "generic_address.hpp"

#include <fmt/core.h>

#include <sys/socket.h>

namespace rtpproxy {

stream_peer peer_of(stream_socket& socket, const stream_socket::endpoint_type& remote) {
    if (const auto tcp = tcp_endpoint(remote))
        return {control_peer::at(tcp->address(), tcp->port()), tcp->address(), {}};
    boost::system::error_code failure;
    const auto local = socket.local_endpoint(failure);
    ucred who{};
    socklen_t size = sizeof who;
    if (failure || local.data()->sa_family != AF_UNIX) return {};
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {};
    return {control_peer::process(who.uid, who.pid), {}, who.uid};
}

std::string describe(const stream_peer& peer) {
    if (peer.address) return peer.address->to_string();
    return peer.user ? fmt::format("user {}", *peer.user) : "unknown";
}

}  // namespace rtpproxy
