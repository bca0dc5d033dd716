#include "rtpproxy/engine/helper_threads.hpp"

#include "rtpproxy/engine/context_thread.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <utility>

namespace rtpproxy {

void helper_threads::run(std::function<void()> job) {
    start_once();
    boost::asio::post(context_, std::move(job));
}

void helper_threads::start_once() {
    const std::lock_guard lock(mutex_);
    if (stopped_ || !threads_.empty()) return;
    for (std::size_t i = 0; i < count_; ++i)
        threads_.push_back(start_thread(fmt::format("helper-{}", i), [this] { context_.run(); }));
}

void helper_threads::stop() {
    std::vector<std::thread> ending;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        ending.swap(threads_);
    }
    context_.stop();
    for (auto& thread : ending)
        thread.join();
}

}  // namespace rtpproxy
