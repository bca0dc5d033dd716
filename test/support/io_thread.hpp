#pragma once

#include "support/poll_until.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <thread>
#include <utility>

namespace rtpproxy::test {

/// A strand on a thread of its own, so that a test can talk to it over blocking sockets.
class io_thread {
  public:
    io_thread() : strand_(context_.get_executor()), work_(context_.get_executor()) {
        thread_ = std::thread([this] {
            context_.run();
            done_.set_value();
        });
    }
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;
    ~io_thread() { finish(); }

    [[nodiscard]] const boost::asio::io_context::executor_type& strand() const { return strand_; }

    /// Calls `task` on the strand and gives its result.
    template <typename Task>
    auto run(Task task) {
        std::packaged_task<decltype(task())()> packaged(std::move(task));
        auto result = packaged.get_future();
        boost::asio::post(strand_, [&packaged] { packaged(); });
        return result.get();
    }

    [[nodiscard]] bool finished() const { return !thread_.joinable(); }

    /// Expects that nothing is left to do once the test has stopped what it started.
    void finish() {
        if (finished()) return;
        work_.reset();
        const auto ended = done_.get_future().wait_for(patience);
        BOOST_CHECK_MESSAGE(ended == std::future_status::ready, "operations are left on the io_context");
        context_.stop();
        thread_.join();
    }

  private:
    boost::asio::io_context context_{1};
    boost::asio::io_context::executor_type strand_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::promise<void> done_;
    std::thread thread_;
};

}  // namespace rtpproxy::test
