#include "rtpproxy/app/service_manager.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <fmt/core.h>

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace rtpproxy::service_manager {
namespace {

constexpr int keep_environment = 0;
constexpr int forget_environment = 1;

// Whether it arrived is of no use to us: without systemd there is nobody to tell.
void notify(const std::string& state) {
    ::sd_notify(keep_environment, state.c_str());
}

}  // namespace

void notify_ready(std::string_view status) {
    notify(fmt::format("READY=1\nMAINPID={}\nSTATUS={}", ::getpid(), status));
}

void notify_stopping(std::string_view status) {
    notify(fmt::format("STOPPING=1\nSTATUS={}", status));
}

void notify_status(std::string_view status) {
    notify(fmt::format("STATUS={}", status));
}

unique_fd take_listening_socket() {
    constexpr int is_listening = 1;
    const int count = ::sd_listen_fds(forget_environment);
    if (count < 0) throw_startup_error("-s systemd: cannot read what systemd hands over", -count);
    if (count == 0)
        throw startup_error(
            "-s systemd: no socket was handed over; start the program through its socket unit");
    if (count > 1)
        throw startup_error(
            fmt::format("-s systemd: {} sockets were handed over, but only one can be used; "
                        "leave one Listen...= line in the socket unit",
                        count));
    unique_fd socket(SD_LISTEN_FDS_START);
    if (::sd_is_socket(socket.get(), AF_UNSPEC, SOCK_STREAM, is_listening) <= 0)
        throw startup_error(
            "-s systemd: what was handed over is no listening stream socket; use ListenStream= with "
            "Accept=no in the socket unit");
    return socket;
}

}  // namespace rtpproxy::service_manager
