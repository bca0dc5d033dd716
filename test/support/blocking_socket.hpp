#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace rtpproxy::test {

/// A plain blocking socket that gives up after 20 seconds. Calls with a time limit fail with EINTR when a
/// process that was stopped is continued, see signal(7): they are made again.
class blocking_socket {
  public:
    explicit blocking_socket(int fd) : fd_(fd) {
        const timeval limit{20, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
    blocking_socket(blocking_socket&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), pending_(std::move(other.pending_)) {}
    blocking_socket& operator=(blocking_socket&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(pending_, other.pending_);
        return *this;
    }
    ~blocking_socket() { close(); }

    [[nodiscard]] int fd() const { return fd_; }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    void shutdown_write() const { ::shutdown(fd_, SHUT_WR); }
    /// Makes close() reset a TCP connection.
    void reset_on_close() const {
        const linger at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

    /// Sends all of it; false when the peer has gone.
    bool send(std::string_view octets) const {
        while (!octets.empty()) {
            const auto sent = TEMP_FAILURE_RETRY(::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL));
            if (sent <= 0) return false;
            octets.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// One read: a datagram or what a stream has; empty at the end, after an error and after 20 seconds.
    std::string receive() const {
        std::array<char, 65536> buffer;
        const auto octets = TEMP_FAILURE_RETRY(::recv(fd_, buffer.data(), buffer.size(), 0));
        return octets > 0 ? std::string(buffer.data(), static_cast<std::size_t>(octets)) : std::string();
    }

    /// The next line with its newline, or what came before the end.
    std::string receive_line() {
        while (pending_.find('\n') == std::string::npos) {
            const auto more = receive();
            if (more.empty()) return std::exchange(pending_, {});
            pending_ += more;
        }
        const auto end = pending_.find('\n') + 1;
        auto line = pending_.substr(0, end);
        pending_.erase(0, end);
        return line;
    }

    /// Everything up to the end.
    std::string receive_all() {
        auto all = std::exchange(pending_, {});
        for (auto more = receive(); !more.empty(); more = receive())
            all += more;
        return all;
    }

    /// Whether nothing is there to read now.
    [[nodiscard]] bool silent() const {
        char octet = 0;
        return pending_.empty() && ::recv(fd_, &octet, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
    }

  private:
    int fd_;
    std::string pending_;
};

template <typename Endpoint>
blocking_socket open_socket_for(const Endpoint& endpoint) {
    const auto protocol = endpoint.protocol();
    return blocking_socket(::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol()));
}

template <typename Endpoint>
blocking_socket connect_to(const Endpoint& remote, const std::optional<Endpoint>& local = {}) {
    auto socket = open_socket_for(remote);
    // Thrown, not asserted: assertions are not for threads.
    if (local && ::bind(socket.fd(), local->data(), static_cast<socklen_t>(local->size())) != 0)
        throw std::system_error(errno, std::system_category(), "bind");
    const auto size = static_cast<socklen_t>(remote.size());
    if (TEMP_FAILURE_RETRY(::connect(socket.fd(), remote.data(), size)) != 0)
        throw std::system_error(errno, std::system_category(), "connect");
    return socket;
}

inline blocking_socket connect_tcp(const char* address, std::uint16_t port) {
    return connect_to(boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address(address), port));
}
inline blocking_socket connect_udp(const char* address, std::uint16_t port) {
    return connect_to(boost::asio::ip::udp::endpoint(boost::asio::ip::make_address(address), port));
}
inline blocking_socket connect_unix(const std::string& path) {
    return connect_to(boost::asio::local::stream_protocol::endpoint(path));
}
/// A socket of `type` at `path`, which does not listen yet.
inline blocking_socket bind_unix(const std::string& path, int type) {
    const boost::asio::local::stream_protocol::endpoint local(path);
    blocking_socket socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (::bind(socket.fd(), local.data(), static_cast<socklen_t>(local.size())) != 0)
        throw std::system_error(errno, std::system_category(), "bind");
    return socket;
}

}  // namespace rtpproxy::test
