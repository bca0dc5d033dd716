#pragma once

#include "rtpproxy/strands/handler_memory.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <thread>
#include <utility>

namespace rtpproxy {

/// A single-threaded io_context and the thread that runs it: a strand of media.
class context_thread {
  public:
    context_thread() = default;
    context_thread(const context_thread&) = delete;
    context_thread& operator=(const context_thread&) = delete;
    /// Stops the context and waits for the thread. Not on the thread itself.
    ~context_thread();

    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    /// Starts the thread; see start_thread().
    void start(const std::string& name);
    /// Lets the thread do a last piece of work and end; has all it needs for it.
    template <typename LastWork>
    void end_with(LastWork work) noexcept {
        post_surely(context_.get_executor(), memory_for_the_end_, [this, work = std::move(work)] {
            work();
            context_.stop();
        });
    }
    /// Waits until the thread has ended.
    void join();

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    const handler_memory memory_for_the_end_;
    std::thread thread_;
};

}  // namespace rtpproxy
