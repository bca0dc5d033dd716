#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <string_view>

/// What systemd is told and what it hands over (sd_notify(3), sd_listen_fds(3)). Everything is a no-op, or
/// empty, for a program that systemd did not start. `status` is one line of UTF-8, shown by `systemctl
/// status`.
namespace rtpproxy::service_manager {

/// The program serves. Names the main process as well, for one that became a daemon.
void notify_ready(std::string_view status);
/// It is about to end.
void notify_stopping(std::string_view status);
void notify_status(std::string_view status);

/// The listening stream socket (Unix or TCP) that a socket unit hands over: control socket `systemd:`.
///
/// Call it before daemonise(), since it is meant for this process id only, and once. Throws startup_error
/// unless there is exactly one descriptor and it is such a socket.
[[nodiscard]] unique_fd take_listening_socket();

}  // namespace rtpproxy::service_manager
