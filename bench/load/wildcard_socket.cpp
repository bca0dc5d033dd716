#include "load/wildcard_socket.hpp"

#include <linux/sock_diag.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

namespace rtpproxy::bench {
namespace {

constexpr int buffer_bytes = 32 << 20;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

void enlarge(int fd, int forced, int asked) {
    if (::setsockopt(fd, SOL_SOCKET, forced, &buffer_bytes, sizeof(int)) != 0)
        ::setsockopt(fd, SOL_SOCKET, asked, &buffer_bytes, sizeof(int));
}

unique_fd open_socket() {
    unique_fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto any = make_address(INADDR_ANY, 0);
    const int on = 1;
    if (!fd || ::bind(fd.get(), as_sockaddr(any), sizeof any) != 0) fail("media socket");
    if (::setsockopt(fd.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0) fail("IP_PKTINFO");
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) fail("SO_TIMESTAMPNS");
    enlarge(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF);
    enlarge(fd.get(), SO_SNDBUFFORCE, SO_SNDBUF);
    return fd;
}

/// The kernel's time of arrival is one of the wall clock.
bench_clock::time_point to_bench_clock(const timespec& arrived) noexcept {
    const auto since_epoch = std::chrono::seconds{arrived.tv_sec} + std::chrono::nanoseconds{arrived.tv_nsec};
    const auto ago = std::chrono::system_clock::now().time_since_epoch() - since_epoch;
    return bench_clock::now() - std::chrono::duration_cast<bench_clock::duration>(ago);
}

std::uint16_t bound_port(int fd) {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) fail("getsockname");
    return port_of(bound);
}

}  // namespace

wildcard_socket::wildcard_socket()
    : socket_(open_socket()),
      port_(bound_port(socket_.get())),
      out_slots_(batch_size),
      in_slots_(batch_size) {
    prepare(out_, out_slots_);
    prepare(in_, in_slots_);
    for (auto& each : in_)
        each.msg_hdr.msg_controllen = sizeof(slot::control);
}

void wildcard_socket::prepare(headers& messages, std::vector<slot>& slots) noexcept {
    for (std::size_t i = 0; i < batch_size; ++i) {
        auto& each = slots[i];
        each.area = {each.packet.data(), each.packet.size()};
        auto& header = messages[i].msg_hdr;
        header.msg_name = &each.peer;
        header.msg_namelen = sizeof each.peer;
        header.msg_iov = &each.area;
        header.msg_iovlen = 1;
        header.msg_control = each.control.data();
        header.msg_controllen = CMSG_SPACE(sizeof(in_pktinfo));
        auto* info = CMSG_FIRSTHDR(&header);
        info->cmsg_level = IPPROTO_IP;
        info->cmsg_type = IP_PKTINFO;
        info->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
        const in_pktinfo nothing{};
        std::memcpy(CMSG_DATA(info), &nothing, sizeof nothing);
    }
}

packet_buffer& wildcard_socket::add(const call_end& from) noexcept {
    auto& next = out_slots_[queued_];
    next.peer = from.relay;
    in_pktinfo info{};
    info.ipi_spec_dst = from.local.sin_addr;
    std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&out_[queued_].msg_hdr)), &info, sizeof info);
    ++queued_;
    return next.packet;
}

std::size_t wildcard_socket::flush() noexcept {
    std::size_t done = 0;
    std::size_t refused = 0;
    while (done < queued_) {
        const int sent = ::sendmmsg(socket_.get(), out_.data() + done, static_cast<unsigned>(queued_ - done),
                                    MSG_NOSIGNAL);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
        } else if (errno != EINTR) {
            ++refused;
            ++done;
        }
    }
    queued_ = 0;
    return refused;
}

void wildcard_socket::read_control(msghdr& message, arrival& to) noexcept {
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(header), sizeof info);
            to.local = ntohl(info.ipi_addr.s_addr);
        } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_TIMESTAMPNS) {
            timespec arrived{};
            std::memcpy(&arrived, CMSG_DATA(header), sizeof arrived);
            to.at = to_bench_clock(arrived);
        }
    }
}

std::span<const wildcard_socket::arrival> wildcard_socket::receive() noexcept {
    const int received = ::recvmmsg(socket_.get(), in_.data(), batch_size, MSG_DONTWAIT, nullptr);
    if (received <= 0) return {};
    for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
        auto& header = in_[i].msg_hdr;
        const bool whole = (header.msg_flags & MSG_TRUNC) == 0;
        arrivals_[i] = {
            std::span{in_slots_[i].packet}.first(whole ? in_[i].msg_len : 0), in_slots_[i].peer, 0, {}};
        read_control(header, arrivals_[i]);
        header.msg_namelen = sizeof(sockaddr_in);
        header.msg_controllen = sizeof(slot::control);
    }
    return std::span{arrivals_}.first(static_cast<std::size_t>(received));
}

std::uint64_t wildcard_socket::dropped() const noexcept {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return 0;
    return info[SK_MEMINFO_DROPS];
}

}  // namespace rtpproxy::bench
