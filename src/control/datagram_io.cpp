#include "datagram_io.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

union control_buffer {
    cmsghdr alignment;
    char octets[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo))];
};

error_code last_error() noexcept {
    const int cause = errno == EWOULDBLOCK ? EAGAIN : errno;
    return {cause, boost::system::system_category()};
}

template <typename Info>
Info info_in(const cmsghdr* header) noexcept {
    Info info;
    std::memcpy(&info, CMSG_DATA(header), sizeof info);
    return info;
}

void read_packet_info(msghdr& message, datagram_path& path) noexcept {
    path.local.reset();
    path.interface = 0;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            path.local = ip::address_v4(ntohl(info_in<in_pktinfo>(header).ipi_spec_dst.s_addr));
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            const auto info = info_in<in6_pktinfo>(header);
            ip::address_v6::bytes_type bytes;
            std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
            const ip::address_v6 local(bytes);
            if (local.is_link_local()) path.interface = info.ipi6_ifindex;
            if (!local.is_multicast()) path.local = local;
        }
    }
}

template <typename Info>
void attach(msghdr& message, control_buffer& control, int level, int type, const Info& info) noexcept {
    message.msg_control = control.octets;
    message.msg_controllen = CMSG_SPACE(sizeof info);
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

void write_packet_info(msghdr& message, control_buffer& control, const datagram_path& path) noexcept {
    if (path.local->is_v4()) {
        in_pktinfo info{};
        info.ipi_spec_dst.s_addr = htonl(path.local->to_v4().to_uint());
        attach(message, control, IPPROTO_IP, IP_PKTINFO, info);
    } else {
        in6_pktinfo info{};
        const auto bytes = path.local->to_v6().to_bytes();
        std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
        info.ipi6_ifindex = path.interface;
        attach(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
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

error_code receive_datagram(int socket, std::span<char> buffer, received_datagram& received) noexcept {
    control_buffer control{};
    iovec area{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = received.path.peer.data();
    message.msg_namelen = static_cast<socklen_t>(received.path.peer.capacity());
    message.msg_iov = &area;
    message.msg_iovlen = 1;
    message.msg_control = control.octets;
    message.msg_controllen = sizeof control.octets;
    const auto octets = ::recvmsg(socket, &message, MSG_DONTWAIT);
    if (octets < 0) return last_error();
    received.octets = static_cast<std::size_t>(octets);
    received.truncated = (message.msg_flags & MSG_TRUNC) != 0;
    read_packet_info(message, received.path);
    return {};
}

error_code send_datagram(int socket, std::string_view octets, const datagram_path& path) noexcept {
    control_buffer control{};
    iovec area{const_cast<char*>(octets.data()), octets.size()};
    msghdr message{};
    message.msg_name = const_cast<sockaddr*>(path.peer.data());
    message.msg_namelen = static_cast<socklen_t>(path.peer.size());
    message.msg_iov = &area;
    message.msg_iovlen = 1;
    if (path.local) write_packet_info(message, control, path);
    return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? last_error() : error_code();
}

}  // namespace rtpproxy
