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
/// kept after they were written, and written again when the connection ends in a way that may have lost them.
/// How far the peer has come tells SIOCOUTQ: on a Unix socket what it has read, on TCP what its kernel has
/// acknowledged. The latter may still be unread, so it is kept, too, in case of a reset: a kernel sends one
/// when a connection is closed with data unread, and a FIN when there is none (RFC 1122 §4.2.2.13).
///
/// On the control strand; handlers keep it alive until stop().
class notify_connection : public std::enable_shared_from_this<notify_connection> {
  public:
    notify_connection(const boost::asio::any_io_executor& executor, notify_destination destination,
                      const notifier_settings& settings, std::shared_ptr<notifier_statistics> statistics);

    /// Queues `line`, which ends in a newline. `call_id` is for the log.
    void post(std::string line, std::string call_id);
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
    struct message {
        std::string line;
        std::string call_id;
    };
    struct unsent_notice {
        std::shared_ptr<const message> content;  // a write under way has a share in it
        time_point deadline;
        int writes = 0;
    };
    struct written_notice {
        unsent_notice notice;
        std::uint64_t end;  // of what it takes of the socket's queue, as send_queue_end_ counts
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
    void on_write_failed(const error_code& failure);
    void remember_written();
    [[nodiscard]] bool read_pending();
    [[nodiscard]] bool confirm();
    void confirm_up_to(std::uint64_t unconfirmed);
    void confirm_later();
    [[nodiscard]] std::optional<std::uint64_t> send_queue();
    [[nodiscard]] std::size_t unconfirmed() const noexcept { return written_.size() - acknowledged_; }
    [[nodiscard]] bool is_tcp() const noexcept;
    void on_lost(const error_code& cause);
    void confirm_at_end(const error_code& cause);
    void on_settled();
    [[nodiscard]] bool peer_lost_something();
    void close();
    void forget_acknowledged(time_point now);
    void requeue(bool with_written);
    void requeue_written();
    void put_back(unsent_notice&& notice);
    [[nodiscard]] bool keeps_trying() const noexcept { return settings_.give_up_after.count() != 0; }
    void watch_deadlines();
    void give_up_overdue();
    void give_up_unsent(const std::string& reason);
    void lose(const unsent_notice& lost, std::string_view reason);
    template <typename Handler>
    void after(std::chrono::milliseconds delay, Handler handler);
    template <typename Handler>
    auto while_current(Handler handler);

    socket_type socket_;
    boost::asio::steady_timer timer_;     // of the state: connect time-out, back-off, settling, confirm()
    boost::asio::steady_timer deadline_;  // of the oldest unsent notice
    notify_destination destination_;
    std::string name_;
    notifier_settings settings_;
    std::shared_ptr<notifier_statistics> statistics_;

    state state_ = state::closed;
    std::uint64_t step_ = 0;       // handlers of an earlier connection or timer are told by it and ignored
    int failures_ = 0;             // in a row; a connection that did not last is one
    bool cannot_connect_ = false;  // and the log says so
    bool was_connected_ = false;
    bool watching_deadlines_ = false;
    error_code error_;  // that ended the connection, as the kernel tells of it once only
    time_point connected_at_{};
    std::deque<unsent_notice> unsent_;
    std::optional<unsent_notice> writing_;
    std::deque<written_notice> written_;  // not known to have been read
    std::size_t acknowledged_ = 0;        // of written_, the first ones: they have reached the peer's kernel
    std::uint64_t send_queue_end_ = 0;    // where the socket's queue would end if the peer took nothing
    std::array<char, 4096> dropped_input_;
};

}  // namespace rtpproxy
