#include "load/packet_sink.hpp"

#include "load/ipv4.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace rtpproxy::bench {
namespace {

unique_fd open_deaf_socket() {
    unique_fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sock_filter keep_nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &keep_nothing};
    const auto any_port = make_address(INADDR_LOOPBACK, 0);
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
        ::bind(fd.get(), as_sockaddr(any_port), sizeof any_port) != 0)
        throw std::system_error(errno, std::system_category(), "packet sink");
    return fd;
}

}  // namespace

packet_sink::packet_sink() : socket_(open_deaf_socket()) {
    socklen_t size = sizeof address_;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size) != 0)
        throw std::system_error(errno, std::system_category(), "packet sink");
}

}  // namespace rtpproxy::bench
