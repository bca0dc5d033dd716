#include "rtpproxy/media/udp_socket.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace rtpproxy {
namespace {

boost::system::error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

bool set_option(int fd, int level, int name, int value) noexcept {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// The first question for the time of a datagram, which cannot be answered yet, makes the kernel take it of
/// those to come.
void begin_to_stamp(int fd) noexcept {
    timespec none{};
    static_cast<void>(::ioctl(fd, SIOCGSTAMPNS, &none));
}

bool tell_where_sent_to(int fd, bool ipv6) noexcept {
    return ipv6 ? set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                : set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

bool passes_by_itself(int error) noexcept {
    return error == EPERM || error == ENOBUFS;
}

// In a program with threads each call of recvfrom(), sendto() and the like costs two atomic operations more
// than these, for the sake of pthread_cancel(), which nobody calls here.

ssize_t receive_from(int fd, std::span<std::byte> buffer, endpoint& source) noexcept {
    auto size = static_cast<socklen_t>(source.capacity());
    return ::syscall(SYS_recvfrom, fd, buffer.data(), buffer.size(), 0, source.data(), &size);
}

ssize_t send_to(int fd, std::span<const std::byte> datagram, const endpoint& destination) noexcept {
    return ::syscall(SYS_sendto, fd, datagram.data(), datagram.size(), MSG_NOSIGNAL, destination.data(),
                     static_cast<socklen_t>(destination.size()));
}

/// For sockets on a wildcard: costs more than receive_from().
ssize_t receive_with_information(int fd, std::span<std::byte> buffer, datagram_origin& origin) noexcept {
    packet_info_buffer information;
    iovec into{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = origin.source.data();
    message.msg_namelen = static_cast<socklen_t>(origin.source.capacity());
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    message.msg_control = information.octets;
    message.msg_controllen = sizeof information.octets;
    const auto received = ::syscall(SYS_recvmsg, fd, &message, 0);
    if (received >= 0) origin.sent_to = read_packet_info(message);
    return received;
}

/// Sends by `call`, a few times when the kernel's reason not to does not last.
template <typename SystemCall>
void send_by(SystemCall call, bool (*is_worth_another_attempt)(int) noexcept,
             boost::system::error_code& error) noexcept {
    constexpr int attempts = 4;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (call() >= 0) {
            error.clear();
            return;
        }
        if (!is_worth_another_attempt(errno)) break;
    }
    error = last_error();
}

}  // namespace

boost::system::result<udp_socket> udp_socket::open(const endpoint& local) {
    const bool ipv6 = local.protocol() == boost::asio::ip::udp::v6();
    unique_fd fd{::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) return last_error();
    if (ipv6 && !set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1)) return last_error();
    set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
    begin_to_stamp(fd.get());
    if (::bind(fd.get(), local.data(), static_cast<socklen_t>(local.size())) != 0) return last_error();
    const bool on_wildcard = local.address().is_unspecified();
    if (on_wildcard && !tell_where_sent_to(fd.get(), ipv6)) return last_error();
    return udp_socket{std::move(fd), ipv6, on_wildcard};
}

boost::system::error_code udp_socket::set_traffic_class(std::uint8_t value) noexcept {
    const bool set = ipv6_ ? set_option(fd_.get(), IPPROTO_IPV6, IPV6_TCLASS, value)
                           : set_option(fd_.get(), IPPROTO_IP, IP_TOS, value);
    return set ? boost::system::error_code{} : last_error();
}

std::size_t udp_socket::receive(std::span<std::byte> buffer, datagram_origin& origin,
                                boost::system::error_code& error) noexcept {
    const auto received = on_wildcard_ ? receive_with_information(fd_.get(), buffer, origin)
                                       : receive_from(fd_.get(), buffer, origin.source);
    if (received < 0) {
        error = last_error();
        return 0;
    }
    error.clear();
    return static_cast<std::size_t>(received);
}

std::optional<std::chrono::nanoseconds> udp_socket::last_arrival() const noexcept {
    timespec stamp{};
    if (::ioctl(fd_.get(), SIOCGSTAMPNS, &stamp) != 0) return std::nullopt;
    return std::chrono::seconds{stamp.tv_sec} + std::chrono::nanoseconds{stamp.tv_nsec};
}

void udp_socket::send(std::span<const std::byte> datagram, const endpoint& destination,
                      boost::system::error_code& error) noexcept {
    const auto call = [&] { return send_to(fd_.get(), datagram, destination); };
    send_by(call, passes_by_itself, error);
}

void udp_socket::send(std::span<const std::byte> datagram, const endpoint& destination,
                      const own_address& source, boost::system::error_code& error) noexcept {
    packet_info_buffer information;
    iovec from{const_cast<std::byte*>(datagram.data()), datagram.size()};
    msghdr message{};
    message.msg_name = const_cast<sockaddr*>(destination.data());
    message.msg_namelen = static_cast<socklen_t>(destination.size());
    message.msg_iov = &from;
    message.msg_iovlen = 1;
    write_packet_info(message, information, source);
    const auto call = [&] { return ::syscall(SYS_sendmsg, fd_.get(), &message, MSG_NOSIGNAL); };
    send_by(call, passes_by_itself, error);
}

boost::system::error_code udp_socket::connect(const endpoint& peer) noexcept {
    const bool connected = ::connect(fd_.get(), peer.data(), static_cast<socklen_t>(peer.size())) == 0;
    return connected ? boost::system::error_code{} : last_error();
}

void udp_socket::keep_little() noexcept {
    set_option(fd_.get(), SOL_SOCKET, SO_RCVBUF, 0);  // the kernel's least
}

// An ICMP error of an earlier datagram is told by the next call, which then sends nothing.
void udp_socket::send(std::span<const std::byte> datagram, boost::system::error_code& error) noexcept {
    const auto call = [&] {
        return ::syscall(SYS_sendto, fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL, nullptr, 0);
    };
    constexpr auto is_of_an_earlier_one = [](int reason) noexcept {
        return passes_by_itself(reason) || reason == ECONNREFUSED;
    };
    send_by(call, is_of_an_earlier_one, error);
}

}  // namespace rtpproxy
