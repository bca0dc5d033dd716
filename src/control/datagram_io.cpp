#include "datagram_io.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
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

void read_packet_info(msghdr message, datagram_path& path) noexcept {
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
    control = {};
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

struct datagram_reader::slots {
    std::array<std::array<char, longest_datagram>, most> octets;
    std::array<endpoint, most> peers;
    std::array<control_buffer, most> control;
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
    read_packet_info(message, result.path);
    return result;
}

std::size_t send_datagrams(int socket, std::span<const reply_datagram> datagrams,
                           error_code& error) noexcept {
    std::array<control_buffer, datagram_reader::most> control;
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
            if (path.local) write_packet_info(message, control[i], path);
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
