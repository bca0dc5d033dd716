#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>
#include <thread>

namespace rtpproxy {

/// Starts a thread, under a name of at most 15 characters, that blocks all signals but those of its own
/// faults: the others are the control strand's.
[[nodiscard]] std::thread start_thread(std::string name, std::function<void()> body);

/// A single-threaded io_context and its thread, which start_thread() starts.
class context_thread {
  public:
    context_thread() = default;
    context_thread(const context_thread&) = delete;
    context_thread& operator=(const context_thread&) = delete;
    /// Stops the context and waits for the thread. Not on the thread itself.
    ~context_thread();

    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    /// Starts the thread, under a name of at most 15 characters.
    void start(const std::string& name);
    /// Waits until the thread has ended, which context().stop() makes it do.
    void join();

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::thread thread_;
};

}  // namespace rtpproxy
