#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace rtpproxy {

/// A few threads for work that may take long, such as reading files. Members may be called from any thread
/// but these; start() and stop() from one thread.
class helper_threads {
  public:
    helper_threads() = default;
    helper_threads(const helper_threads&) = delete;
    helper_threads& operator=(const helper_threads&) = delete;
    ~helper_threads() { stop(); }

    /// Starts so many of them, once. Throws as start_thread().
    void start(std::size_t count);

    /// Runs `job` on one of the threads, unless they were stopped. Throws std::bad_alloc.
    void run(std::function<void()> job);

    /// Waits for the jobs that have begun and forgets the others. No job is taken any more.
    void stop();

  private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::vector<std::thread> threads_;
};

}  // namespace rtpproxy
