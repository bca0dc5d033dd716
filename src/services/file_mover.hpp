#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>

namespace rtpproxy {

/// Moves `file` to `target`, at once or never; what is there already stays as it is (`file_exists`). On
/// another file system it is copied to a hidden name next to the target, written to the disk, renamed and
/// then removed.
/// @returns what failed; `file` is left where it was then.
std::error_code move_file(const std::filesystem::path& file, const std::filesystem::path& target);

/// Moves files on a thread of its own, one after the other: copying a long recording takes a while.
class file_mover {
  public:
    /// Starts the thread.
    file_mover();
    file_mover(const file_mover&) = delete;
    file_mover& operator=(const file_mover&) = delete;
    /// Moves what is left.
    ~file_mover();

    /// Moves it soon. A failure is logged. From one thread.
    void move(std::filesystem::path file, std::filesystem::path target);
    /// Whether a file waits to be moved there, or is being moved.
    [[nodiscard]] bool is_moving_to(const std::filesystem::path& target) const;
    /// Files that wait or are being moved.
    [[nodiscard]] std::uint64_t pending() const noexcept { return pending_; }

  private:
    void forget(const std::string& target) noexcept;

    std::atomic<std::uint64_t> pending_{0};
    mutable std::mutex mutex_;
    std::set<std::string> targets_;  // of what is pending
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::thread thread_;  // last: it uses the others
};

}  // namespace rtpproxy
