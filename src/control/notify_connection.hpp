#pragma once

#include "rtpproxy/control/notifier.hpp"
#include "rtpproxy/net/time.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace rtpproxy {

/// The connection to one notify target, with the notices that wait for it.
///
/// A write into a connection whose peer has gone succeeds; only later does the reset tell. So notices are
/// kept for a while after they were written and written again when the connection ends in a way that may have
/// lost them. On the control strand; handlers keep it alive until stop().
class notify_connection : public std::enable_shared_from_this<notify_connection> {
  public:
    notify_connection(const boost::asio::any_io_executor& executor, notify_destination destination,
                      const notifier_settings& settings, std::shared_ptr<notifier_statistics> statistics);

    /// Queues `line`, which ends in a newline.
    void post(std::string line);
    void stop();
    /// Whether every line was written, or given up.
    [[nodiscard]] bool idle() const noexcept { return unsent_.empty() && !writing_; }

  private:
    enum class state : std::uint8_t {
        closed,  // nothing under way; the next notice opens the connection
        connecting,
        backing_off,  // until the next attempt to connect
        open,
        settling,  // the peer closed: waiting whether a reset says that it lost something
        stopped,
    };
    struct unsent_notice {
        std::shared_ptr<const std::string> line;  // a write under way has a share in it
        time_point deadline;
        int writes = 0;
    };
    struct written_notice {
        unsent_notice notice;
        time_point at;
    };
    using socket_type = boost::asio::generic::stream_protocol::socket;
    using error_code = boost::system::error_code;

    void proceed();
    void connect();
    error_code open_socket();
    void on_connected(const error_code& failure);
    void on_connect_failed(const error_code& cause);
    void back_off();
    void read();
    void write();
    void on_written(const error_code& failure);
    void remember_written();
    error_code read_pending();
    void on_lost(const error_code& cause);
    void on_settled();
    [[nodiscard]] bool peer_lost_something();
    void close();
    void forget_confirmed(time_point now);
    void requeue(bool with_written);
    void requeue_written();
    void watch_deadlines();
    void give_up_overdue();
    void drop(const char* reason);
    template <typename Handler>
    void after(std::chrono::milliseconds delay, Handler handler);
    template <typename Handler>
    auto while_current(Handler handler);

    socket_type socket_;
    boost::asio::steady_timer timer_;     // of the state: connect time-out, back-off or settling
    boost::asio::steady_timer deadline_;  // of the oldest unsent notice
    notify_destination destination_;
    std::string name_;
    notifier_settings settings_;
    std::shared_ptr<notifier_statistics> statistics_;

    state state_ = state::closed;
    std::uint64_t step_ = 0;  // handlers of an earlier connection or timer are told by it and ignored
    int failures_ = 0;        // in a row
    bool was_connected_ = false;
    bool watching_deadlines_ = false;
    time_point connected_at_{};
    std::deque<unsent_notice> unsent_;
    std::optional<unsent_notice> writing_;
    std::deque<written_notice> written_;  // not known to have arrived
    std::array<char, 4096> dropped_input_;
};

}  // namespace rtpproxy
