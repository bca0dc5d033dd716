#include "datagram_io.hpp"

#include "rtpproxy/net/packet_info.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace rtpproxy {
namespace {

using boost::system::error_code;

error_code last_error() noexcept {
    const int cause = errno == EWOULDBLOCK ? EAGAIN : errno;
    return {cause, boost::system::system_category()};
}

void note_local_address(msghdr message, datagram_path& path) noexcept {
    const auto local = read_packet_info(message);
    if (!local.is_known()) return;
    path.local = local.address;
    path.interface = local.interface;
}

}  // namespace

error_code enable_packet_info(int socket, bool ipv6) noexcept {
    const int on = 1;
    const int failed = ipv6 ? ::setsockopt(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                            : ::setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    return failed != 0 ? last_error() : error_code();
}

void enlarge_receive_buffer(int socket, int octets) noexcept {
    if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) != 0)
        ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
}

struct datagram_reader::slots {
    std::array<std::array<char, longest_datagram>, most> octets;
    std::array<endpoint, most> peers;
    std::array<packet_info_buffer, most> control;
    std::array<iovec, most> areas;
    std::array<mmsghdr, most> headers;

    /// Makes a slot take a datagram; the last one left its lengths there.
    void prepare(std::size_t index) noexcept {
        auto& message = headers[index].msg_hdr;
        areas[index] = {octets[index].data(), octets[index].size()};
        message.msg_name = peers[index].data();
        message.msg_namelen = static_cast<socklen_t>(peers[index].capacity());
        message.msg_iov = &areas[index];
        message.msg_iovlen = 1;
        message.msg_control = control[index].octets;
        message.msg_controllen = sizeof control[index].octets;
        message.msg_flags = 0;
    }
};

datagram_reader::datagram_reader() : slots_(std::make_unique_for_overwrite<slots>()) {
    for (std::size_t i = 0; i < most; ++i)
        slots_->prepare(i);
}

datagram_reader::~datagram_reader() = default;

error_code datagram_reader::read(int socket) noexcept {
    for (std::size_t i = 0; i < size_; ++i)
        slots_->prepare(i);
    const int received = ::recvmmsg(socket, slots_->headers.data(), most, MSG_DONTWAIT, nullptr);
    size_ = received < 0 ? 0 : static_cast<std::size_t>(received);
    return received < 0 ? last_error() : error_code();
}

received_datagram datagram_reader::operator[](std::size_t index) const {
    const auto& [message, length] = slots_->headers[index];
    received_datagram result{.octets = {slots_->octets[index].data(), length},
                             .truncated = (message.msg_flags & MSG_TRUNC) != 0,
                             .path = {.peer = slots_->peers[index], .local = {}, .interface = 0}};
    note_local_address(message, result.path);
    return result;
}

std::size_t send_datagrams(int socket, std::span<const reply_datagram> datagrams,
                           error_code& error) noexcept {
    std::array<packet_info_buffer, datagram_reader::most> control;
    std::array<iovec, datagram_reader::most> areas;
    std::array<mmsghdr, datagram_reader::most> headers;
    std::size_t sent = 0;
    while (sent != datagrams.size()) {
        const auto some = datagrams.subspan(sent, std::min(datagrams.size() - sent, headers.size()));
        for (std::size_t i = 0; i < some.size(); ++i) {
            const auto& [octets, path] = some[i];
            areas[i] = {const_cast<char*>(octets.data()), octets.size()};
            auto& message = headers[i].msg_hdr;
            message = {};
            message.msg_name = const_cast<sockaddr*>(path.peer.data());
            message.msg_namelen = static_cast<socklen_t>(path.peer.size());
            message.msg_iov = &areas[i];
            message.msg_iovlen = 1;
            if (path.local) write_packet_info(message, control[i], {*path.local, path.interface});
        }
        const int taken = ::sendmmsg(socket, headers.data(), static_cast<unsigned>(some.size()),
                                     MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken < 0) {
            error = last_error();
            return sent;
        }
        sent += static_cast<std::size_t>(taken);
    }
    error.clear();
    return sent;
}

}  // namespace rtpproxy
