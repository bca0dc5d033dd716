#include "rtpproxy/app/daemon.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <initializer_list>

namespace rtpproxy {
namespace {

constexpr const char* null_device = "/dev/null";

unique_fd open_null() {
    unique_fd null(::open(null_device, O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!null) throw_startup_error("cannot open /dev/null");
    return null;
}

void redirect(std::initializer_list<int> streams, const unique_fd& null) {
    for (const int stream : streams)
        if (::dup2(null.get(), stream) < 0) throw_startup_error("cannot redirect to /dev/null");
}

// Exit status of the parent: 0 once the child wrote its byte, 1 when it closed the pipe without.
[[noreturn]] void wait_for_child(const unique_fd& pipe) {
    char ready = 0;
    ssize_t got = 0;
    do {
        got = ::read(pipe.get(), &ready, 1);
    } while (got < 0 && errno == EINTR);
    ::_exit(got == 1 ? 0 : 1);
}

void leave_terminal(const daemon_options& options) {
    if (::setsid() < 0) throw_startup_error("cannot start a session (setsid)");
    if (options.change_directory && ::chdir("/") < 0) throw_startup_error("cannot change the directory to /");
}

}  // namespace

void ensure_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) >= 0) continue;
        unique_fd null = open_null();
        if (null.get() == stream) {
            ::fcntl(null.release(), F_SETFD, 0);  // it took the free number, and is to outlive exec
        } else if (::dup2(null.get(), stream) < 0) {
            throw_startup_error("cannot open /dev/null as a standard stream");
        }
    }
}

waiting_parent::waiting_parent(unique_fd pipe, unique_fd streams_to) noexcept
    : pipe_(std::move(pipe)), streams_to_(std::move(streams_to)) {}

void waiting_parent::release() {
    if (!pipe_) return;
    if (streams_to_) redirect({STDOUT_FILENO, STDERR_FILENO}, streams_to_);
    streams_to_ = unique_fd();
    const char ready = 0;
    // A parent that was killed meanwhile needs no answer; its absence must not end us by SIGPIPE.
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    static_cast<void>(::write(pipe_.get(), &ready, 1) == 1);
    ::signal(SIGPIPE, before);
    pipe_ = unique_fd();
}

waiting_parent daemonise(const daemon_options& options) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_startup_error("cannot become a daemon (pipe)");
    const unique_fd reader(ends[0]);
    unique_fd writer(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) throw_startup_error("cannot become a daemon (fork)");
    if (child > 0) {
        writer = unique_fd();
        wait_for_child(reader);
    }
    leave_terminal(options);
    auto null = open_null();
    redirect({STDIN_FILENO}, null);
    return {std::move(writer), options.redirect_streams ? std::move(null) : unique_fd()};
}

}  // namespace rtpproxy
