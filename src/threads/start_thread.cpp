#include "rtpproxy/threads/start_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <system_error>
#include <utility>

namespace rtpproxy {
namespace {

/// Blocks all signals of this thread, and of those it starts meanwhile, but the ones that a fault of the
/// thread itself raises: blocked, these would kill the program without a word.
class signals_blocked {
  public:
    signals_blocked() {
        sigset_t asynchronous;
        sigfillset(&asynchronous);
        for (const int fault : {SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS})
            sigdelset(&asynchronous, fault);
        ::pthread_sigmask(SIG_SETMASK, &asynchronous, &before_);
    }
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

  private:
    sigset_t before_{};
};

// To give up real time is always allowed.
void leave_real_time() {
    const sched_param ordinary{};
    static_cast<void>(::sched_setscheduler(0, SCHED_OTHER, &ordinary));
}

}  // namespace

std::thread start_thread(const std::string& name, thread_role role, std::function<void()> body) {
    const signals_blocked for_the_thread;
    try {
        return std::thread([name, role, body = std::move(body)]() noexcept {
            if (role == thread_role::background) leave_real_time();
            ::pthread_setname_np(::pthread_self(), name.c_str());
            body();
        });
    } catch (const std::system_error& error) {
        throw std::system_error(error.code(), "cannot start the thread " + name);
    }
}

}  // namespace rtpproxy
