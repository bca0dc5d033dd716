#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rtpproxy {

/// A few threads for work that may take long, such as reading files. They are started with the first piece of
/// work, so that a program without such work has none. Members may be called from any thread but these.
class helper_threads {
  public:
    explicit helper_threads(std::size_t count) noexcept : count_(count) {}
    helper_threads(const helper_threads&) = delete;
    helper_threads& operator=(const helper_threads&) = delete;
    ~helper_threads() { stop(); }

    /// Runs `job` on one of the threads, unless they were stopped.
    void run(std::function<void()> job);

    /// Waits for the jobs that have begun and forgets the others. No job is taken any more.
    void stop();

  private:
    void start_once();

    const std::size_t count_;
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::mutex mutex_;  // of all below
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace rtpproxy
