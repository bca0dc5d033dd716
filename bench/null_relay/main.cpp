// The floor every relay is compared with: one receive and one send for each readiness event, one thread,
// and of the control protocol only what sets a call up and ends it.

#include "null_relay/relay_control.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace {

using namespace rtpproxy;
using namespace rtpproxy::bench;

constexpr std::size_t largest_datagram = 65536;
constexpr int control_buffer_bytes = 4 << 20;
constexpr int most_events = 256;
constexpr int most_commands_at_once = 64;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

unique_fd open_control(std::uint16_t port) {
    unique_fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(port);
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        fail("control socket");
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &control_buffer_bytes, sizeof(int)) != 0)
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &control_buffer_bytes, sizeof(int));
    return fd;
}

class null_relay {
  public:
    explicit null_relay(std::uint16_t port)
        : epoll_(::epoll_create1(EPOLL_CLOEXEC)), control_(open_control(port)) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = nullptr;
        if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, control_.get(), &event) != 0) fail("epoll");
    }

    [[noreturn]] void run() {
        std::array<epoll_event, most_events> events{};
        for (;;) {
            const int ready = ::epoll_wait(epoll_.get(), events.data(), most_events, -1);
            for (int i = 0; i < ready; ++i) {
                auto* port = static_cast<relay_port*>(events[static_cast<std::size_t>(i)].data.ptr);
                port == nullptr ? answer_commands() : relay(*port);
            }
            commands_.collect_ended();
        }
    }

  private:
    void relay(relay_port& in) {
        sockaddr_in source{};
        socklen_t size = sizeof source;
        const auto octets = ::recvfrom(in.socket.get(), buffer_.data(), buffer_.size(), 0,
                                       reinterpret_cast<sockaddr*>(&source), &size);
        if (octets < 0 || in.out == nullptr) return;
        ::sendto(in.out->socket.get(), buffer_.data(), static_cast<std::size_t>(octets), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&in.out->peer), sizeof in.out->peer);
    }

    void answer_commands() {
        for (int i = 0; i < most_commands_at_once; ++i) {
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            const auto octets = ::recvfrom(control_.get(), buffer_.data(), buffer_.size(), 0,
                                           reinterpret_cast<sockaddr*>(&peer), &size);
            if (octets < 0) return;
            const auto reply = commands_.answer({buffer_.data(), static_cast<std::size_t>(octets)});
            ::sendto(control_.get(), reply.data(), reply.size(), MSG_NOSIGNAL,
                     reinterpret_cast<const sockaddr*>(&peer), size);
        }
    }

    unique_fd epoll_;
    unique_fd control_;
    relay_sockets sockets_{epoll_.get()};
    relay_control commands_{sockets_};
    std::array<char, largest_datagram> buffer_{};
};

}  // namespace

int main(int argc, char** argv) {
    const std::string_view given = argc == 2 ? argv[1] : "";
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), port);
    if (error != std::errc{} || end != given.data() + given.size() || port == 0) {
        std::fputs("usage: null_relay CONTROL_PORT\n", stderr);
        return 2;
    }
    try {
        null_relay{port}.run();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "null_relay: %s\n", failure.what());
        return 1;
    }
}
