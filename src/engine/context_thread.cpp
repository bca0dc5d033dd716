#include "rtpproxy/engine/context_thread.hpp"

#include <pthread.h>
#include <signal.h>

namespace rtpproxy {

void context_thread::start(const std::string& name) {
    thread_ = std::thread([this, name] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        pthread_setname_np(pthread_self(), name.c_str());
        context_.run();
    });
}

void context_thread::join() {
    if (thread_.joinable()) thread_.join();
}

context_thread::~context_thread() {
    context_.stop();
    join();
}

}  // namespace rtpproxy
