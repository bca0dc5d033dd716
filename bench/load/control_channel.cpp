#include "load/control_channel.hpp"

#include "load/ipv4.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <random>
#include <system_error>

namespace rtpproxy::bench {
namespace {

constexpr int receive_buffer_bytes = 8 << 20;
constexpr std::size_t largest_reply = 65536;

unique_fd open_connected(const sockaddr_in& server) {
    unique_fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd || ::connect(fd.get(), as_sockaddr(server), sizeof server) != 0)
        throw std::system_error(errno, std::system_category(), "control socket");
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_bytes, sizeof(int)) != 0)
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
    return fd;
}

}  // namespace

control_channel::control_channel(const sockaddr_in& server)
    : socket_(open_connected(server)),
      prefix_(std::to_string(std::random_device{}()) + "_"),
      buffer_(largest_reply) {}

void control_channel::send(std::uint64_t cookie, std::string_view command) {
    datagram_ = prefix_;
    datagram_ += std::to_string(cookie);
    datagram_ += ' ';
    datagram_ += command;
    ::send(socket_.get(), datagram_.data(), datagram_.size(), MSG_NOSIGNAL);
}

std::optional<control_channel::reply> control_channel::receive() {
    const auto octets = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (octets <= 0) return std::nullopt;
    std::string_view text(buffer_.data(), static_cast<std::size_t>(octets));
    if (!text.starts_with(prefix_)) return std::nullopt;
    text.remove_prefix(prefix_.size());
    std::uint64_t cookie = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cookie);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    return reply{cookie, text};
}

}  // namespace rtpproxy::bench
