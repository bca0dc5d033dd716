#pragma once

#include "rtpproxy/engine/session_commands.hpp"
#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/media/epoll_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/session/relay_statistics.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>
#include <thread>

namespace rtpproxy {

/// A single-threaded io_context and everything that lives on it: sessions, their media and their deadlines.
///
/// The thread is the shard's strand. Members say which thread may call them; what they run, they run on the
/// shard.
class shard {
  public:
    struct settings {
        session_settings sessions;
        bool send_packets_twice = false;
        time_point epoch;  ///< when second 0 began, the same for all shards
    };
    /// Receives the outcome of a command, on the shard. Must not block.
    using result_handler = std::function<void(command_result)>;

    /// `pool` must outlive the shard. `post_notice` is called on the shard.
    shard(const settings& chosen, port_pool& pool, session_manager::post_notice post_notice);
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;
    ~shard();

    /// Starts the thread, under the name `thread_name`.
    void start(const std::string& thread_name);
    /// Ends all sessions, closes their ports and ends the thread. Not on the shard.
    void stop();

    /// Carries out a command. `context.when` is filled in. From any thread.
    void execute(session_command asked, command_context context, result_handler on_result);
    /// Ends all sessions; `on_result` is told as soon as they are out of sight. From any thread.
    void remove_all(result_handler on_result);

    /// From any thread.
    [[nodiscard]] const relay_statistics& statistics() const noexcept { return statistics_; }

  private:
    [[nodiscard]] moment now() const noexcept;
    void tick_every_second();
    void housekeep();

    const settings settings_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    boost::asio::steady_timer second_timer_{context_};
    relay_statistics statistics_;
    session_manager sessions_;  // outlives the plane, whose ports refer to its sessions
    epoll_plane plane_;
    session_commands commands_{sessions_};
    bool housekeeping_posted_ = false;
    std::thread thread_;
};

}  // namespace rtpproxy
