#include "rtpproxy/log/emergency.hpp"

#include "rtpproxy/log/log.hpp"

#include "descriptor.hpp"
#include "state.hpp"

#include <boost/asio/local/datagram_protocol.hpp>
#include <fmt/format.h>

#include <paths.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

namespace rtpproxy::log {
namespace {

constexpr std::size_t text_size = 200;
using buffer = std::array<char, 400>;

// Plain descriptors: a signal handler may find them in any state, but never half-made.
std::atomic<bool> stderr_open = false;
std::atomic<int> syslog_socket = -1;
std::atomic<int> syslog_priority = LOG_DAEMON | LOG_CRIT;

template <typename... Args>
std::string_view format_into(buffer& space, fmt::format_string<Args...> format, Args&&... args) {
    const auto end = fmt::format_to_n(space.data(), space.size(), format, std::forward<Args>(args)...).out;
    return {space.data(), static_cast<std::size_t>(end - space.data())};
}

std::string_view format_line(buffer& space, std::string_view text) {
    if (state.format.load() == line_format::text) return format_into(space, "CRIT:GLOBAL:signal:0: {}", text);
    const auto now = format_timestamp(std::chrono::system_clock::now());
    return format_into(space, R"({{"ts":"{}","level":"CRIT","function":"signal","line":0,"message":"{}"}})",
                       now, text);
}

// A socket of our own, since syslog(3) may not be called from a handler.
int connect_to_syslog() {
    const boost::asio::local::datagram_protocol::endpoint daemon(_PATH_LOG);
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && ::connect(descriptor, daemon.data(), static_cast<socklen_t>(daemon.size())) == 0)
        return descriptor;
    if (descriptor >= 0) ::close(descriptor);
    return -1;
}

}  // namespace

void open_emergency_outputs(const configuration& wanted) {
    stderr_open = wanted.to_stderr;
    if (!wanted.syslog_facility) return;
    syslog_priority = *wanted.syslog_facility | LOG_CRIT;
    syslog_socket = connect_to_syslog();
}

void close_emergency_outputs() noexcept {
    stderr_open = false;
    if (const int descriptor = syslog_socket.exchange(-1); descriptor >= 0) ::close(descriptor);
}

void write_from_signal_handler(std::string_view text) noexcept {
    const int saved_errno = errno;
    buffer line_space;
    buffer space;
    const auto line = format_line(line_space, text.substr(0, text_size));
    if (stderr_open || state.outputs == 0) try_write(STDERR_FILENO, format_into(space, "{}\n", line));
    if (const int descriptor = syslog_socket; descriptor >= 0) {
        const auto datagram =
            format_into(space, "<{}>rtpproxy[{}]: {}", syslog_priority.load(), ::getpid(), line);
        ::send(descriptor, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    errno = saved_errno;
}

void drain_from_signal_handler(std::chrono::milliseconds patience) noexcept {
    constexpr timespec a_millisecond{0, 1'000'000};
    for (auto left = patience; left.count() > 0 && state.pending.load() > 0; --left)
        ::nanosleep(&a_millisecond, nullptr);
}

}  // namespace rtpproxy::log
