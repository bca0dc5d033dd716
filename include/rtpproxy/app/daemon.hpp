#pragma once

#include "rtpproxy/net/unique_fd.hpp"

namespace rtpproxy {

/// Opens /dev/null in place of whichever of stdin, stdout and stderr is closed, so that no socket gets its
/// number and none of our messages its peer. The first thing main() does. Throws startup_error.
void ensure_standard_streams();

struct daemon_options {
    bool change_directory = true;  ///< to `/`; not with `-D`
    bool redirect_streams = true;  ///< stdout and stderr to /dev/null; not with `--no_redirect`
};

/// The process that the operator started and that waits until its child, the daemon, is ready.
///
/// release() lets it exit with status 0. When the child goes away without that, in whatever manner, it exits
/// with status 1. A default-made one stands for nobody (a program that stays in the foreground).
class waiting_parent {
  public:
    waiting_parent() noexcept = default;
    /// `streams_to`: what stdout and stderr become at release(), /dev/null, opened while that is still
    /// possible; none leaves them.
    waiting_parent(unique_fd pipe, unique_fd streams_to) noexcept;

    /// The program is initialised. Only now stdout and stderr become /dev/null, so that what went wrong
    /// before reached the terminal. Does nothing the second time. Throws startup_error.
    void release();

  private:
    unique_fd pipe_;
    unique_fd streams_to_;
};

/// Carries on as a daemon: in a child process, in a session of its own without a terminal, stdin at
/// /dev/null. Returns in the child; the calling process waits and never returns.
///
/// Descriptors (bound control sockets) are inherited. Threads are not, and an `asio::io_context` needs
/// `notify_fork` around this: call it before either exists. Throws startup_error.
[[nodiscard]] waiting_parent daemonise(const daemon_options& options);

}  // namespace rtpproxy
