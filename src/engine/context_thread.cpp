#include "rtpproxy/engine/context_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace rtpproxy {

namespace {

/// All but those that a fault of the thread itself raises: blocked, they would kill the program without a
/// word.
void block_signals() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : {SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS})
        sigdelset(&blocked, fault);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

}  // namespace

std::thread start_thread(std::string name, std::function<void()> body) {
    return std::thread([name = std::move(name), body = std::move(body)] {
        block_signals();
        pthread_setname_np(pthread_self(), name.c_str());
        body();
    });
}

void context_thread::start(const std::string& name) {
    thread_ = start_thread(name, [this] { context_.run(); });
}

void context_thread::join() {
    if (thread_.joinable()) thread_.join();
}

context_thread::~context_thread() {
    context_.stop();
    join();
}

}  // namespace rtpproxy
