#include "null_relay/relay_sockets.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

namespace rtpproxy::bench {
namespace {

// What sockets for voice have, here as there.
constexpr int receive_buffer_bytes = 256 * 1024;
constexpr int expedited_forwarding = 184;  // IP TOS, RFC 3246

}  // namespace

std::optional<std::uint16_t> relay_sockets::open(relay_session::leg& leg) {
    for (int attempt = 0; attempt < (last_port - first_port) / 2; ++attempt) {
        const auto number = next_;
        next_ = static_cast<std::uint16_t>(number >= last_port ? first_port : number + 2);
        relay_session::leg opened;
        if (!open(opened[0], number) || !open(opened[1], static_cast<std::uint16_t>(number + 1))) continue;
        for (std::size_t i = 0; i < leg.size(); ++i) {
            leg[i].socket = std::move(opened[i].socket);
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.ptr = &leg[i];
            if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, leg[i].socket.get(), &event) != 0) return std::nullopt;
        }
        return number;
    }
    return std::nullopt;
}

bool relay_sockets::open(relay_port& port, std::uint16_t number) const {
    unique_fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) return false;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
    ::setsockopt(fd.get(), IPPROTO_IP, IP_TOS, &expedited_forwarding, sizeof(int));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(number);
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) return false;
    port.socket = std::move(fd);
    return true;
}

}  // namespace rtpproxy::bench
