#include "rtpproxy/engine/context_thread.hpp"

#include "rtpproxy/strands/run_strand.hpp"
#include "rtpproxy/threads/start_thread.hpp"

namespace rtpproxy {

void context_thread::start(const std::string& name) {
    thread_ = start_thread(name, thread_role::relaying, [this, name] { run_strand(context_, name); });
}

void context_thread::join() {
    if (thread_.joinable()) thread_.join();
}

context_thread::~context_thread() {
    context_.stop();
    join();
}

}  // namespace rtpproxy
