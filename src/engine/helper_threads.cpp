#include "rtpproxy/engine/helper_threads.hpp"

#include "rtpproxy/strands/run_strand.hpp"
#include "rtpproxy/threads/start_thread.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <utility>

namespace rtpproxy {

void helper_threads::start(std::size_t count) {
    threads_.reserve(count);
    while (threads_.size() < count) {
        const auto name = fmt::format("helper-{}", threads_.size());
        threads_.push_back(
            start_thread(name, thread_role::background, [this, name] { run_strand(context_, name); }));
    }
}

void helper_threads::run(std::function<void()> job) {
    boost::asio::post(context_, std::move(job));
}

void helper_threads::stop() {
    context_.stop();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

}  // namespace rtpproxy
