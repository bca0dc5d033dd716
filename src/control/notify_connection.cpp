#include "notify_connection.hpp"

#include "rtpproxy/log/log.hpp"

#include "tcp_keepalive.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace rtpproxy {
namespace {

namespace asio = boost::asio;
using generic_endpoint = asio::generic::stream_protocol::endpoint;

constexpr int reads_before_write = 64;  // of what the peer sent, at most
constexpr auto short_lived = std::chrono::seconds(1);
constexpr std::size_t least_in_flight = 1024;  // notices that may be unconfirmed, however short the queue is

// Linux counts what a buffer of a Unix socket takes in memory, and this is less than the overhead of any: two
// structures of 232 and 320 octets, rounded up. To take it for less means to send some notices once more.
constexpr std::size_t unix_buffer_overhead = 512;

generic_endpoint endpoint_of(const notify_destination& destination) {
    if (const auto* local = std::get_if<notify_destination::unix_socket>(&destination.socket))
        return asio::local::stream_protocol::endpoint(local->path);
    return std::get<notify_destination::tcp_socket>(destination.socket).remote;
}

std::optional<asio::ip::address> source_of(const notify_destination& destination) {
    const auto* tcp = std::get_if<notify_destination::tcp_socket>(&destination.socket);
    return tcp != nullptr ? tcp->local : std::nullopt;
}

}  // namespace

notify_connection::notify_connection(const asio::any_io_executor& executor, notify_destination destination,
                                     const notifier_settings& settings,
                                     std::shared_ptr<notifier_statistics> statistics)
    : socket_(executor),
      timer_(executor),
      deadline_(executor),
      destination_(std::move(destination)),
      name_(to_string(destination_)),
      settings_(settings),
      statistics_(std::move(statistics)) {}

void notify_connection::post(std::string line, std::string call_id) {
    if (state_ == state::stopped) return;
    const auto patience = keeps_trying() ? settings_.give_up_after : settings_.connect_timeout;
    unsent_notice fresh{std::make_shared<const message>(message{std::move(line), std::move(call_id)}),
                        steady_clock::now() + patience};
    if (unsent_.size() >= settings_.queue_limit) return lose(fresh, "the queue is full");
    unsent_.push_back(std::move(fresh));
    watch_deadlines();
    proceed();
}

void notify_connection::stop() {
    if (state_ == state::stopped) return;
    close();
    state_ = state::stopped;
    deadline_.cancel();
    if (writing_) unsent_.push_front(std::move(*writing_));
    writing_.reset();
    give_up_unsent("the program ends");
    written_.clear();
    acknowledged_ = 0;
}

// Does what the state allows for the notices that wait.
void notify_connection::proceed() {
    if (unsent_.empty() || writing_) return;
    if (state_ == state::closed)
        connect();
    else if (state_ == state::open)
        write();
}

// Wraps a handler so that it runs only when nothing has replaced the step it belongs to.
template <typename Handler>
auto notify_connection::while_current(Handler handler) {
    return [self = shared_from_this(), step = step_, handler](const error_code& result, auto&&...) {
        if (self->step_ == step) handler(*self, result);
    };
}

template <typename Handler>
void notify_connection::after(std::chrono::milliseconds delay, Handler handler) {
    timer_.expires_after(delay);
    timer_.async_wait(while_current([handler](notify_connection& self, const error_code& cancelled) {
        if (!cancelled) handler(self);
    }));
}

// --- connecting

void notify_connection::connect() {
    ++step_;
    state_ = state::connecting;
    if (const auto failure = open_socket()) return on_connect_failed(failure);
    after(settings_.connect_timeout, [](auto& self) { self.on_connect_failed(asio::error::timed_out); });
    socket_.async_connect(endpoint_of(destination_), while_current([](auto& self, const error_code& result) {
                              self.on_connected(result);
                          }));
}

boost::system::error_code notify_connection::open_socket() {
    const auto remote = endpoint_of(destination_);
    error_code failure;
    socket_.open(remote.protocol(), failure);
    if (failure) return failure;
    if (const auto source = source_of(destination_)) {
        error_code cannot_bind;
        socket_.bind(asio::ip::tcp::endpoint(*source, 0), cannot_bind);
        if (cannot_bind)
            log::warn(log::global, "notify target {}: cannot connect from {}: {}", name_, source->to_string(),
                      cannot_bind.message());
    }
    return {};
}

void notify_connection::on_connected(const error_code& failure) {
    if (failure) return on_connect_failed(failure);
    timer_.cancel();
    state_ = state::open;
    if (is_tcp()) keep_alive(socket_);
    if (std::exchange(cannot_connect_, false)) log::info(log::global, "notify target {}: connected", name_);
    connected_at_ = steady_clock::now();
    if (std::exchange(was_connected_, true)) ++statistics_->reconnects;
    read();
    proceed();
}

void notify_connection::on_connect_failed(const error_code& cause) {
    ++failures_;
    if (!std::exchange(cannot_connect_, true))
        log::warn(log::global, "notify target {}: cannot connect: {}", name_, cause.message());
    close();
    if (!keeps_trying()) give_up_unsent("cannot connect: " + cause.message());
    back_off();
}

// Waits before the next attempt: not at all after a connection that lasted, else longer with each failure.
// A peer that accepts connections and closes them at once is tried no more often than one that refuses them.
void notify_connection::back_off() {
    if (unsent_.empty()) return;
    if (failures_ == 0) return proceed();
    state_ = state::backing_off;
    const auto delay = settings_.first_back_off * (1 << std::min(failures_ - 1, 16));
    after(std::min(delay, settings_.longest_back_off), [](auto& self) {
        self.state_ = state::closed;
        self.proceed();
    });
}

// --- connected

// Drops what the peer sends; its only use is to learn of the end of the connection, and how it ended. The
// kernel tells of an error once, to whoever asks first, and of a plain end from then on; so the others leave
// it in error_.
void notify_connection::read() {
    socket_.async_read_some(asio::buffer(dropped_input_),
                            while_current([](auto& self, const error_code& failure) {
                                if (failure) return self.on_lost(self.error_ ? self.error_ : failure);
                                self.read();
                            }));
}

void notify_connection::write() {
    if (!confirm()) return;
    if (unconfirmed() >= std::max(settings_.queue_limit, least_in_flight)) return confirm_later();
    writing_ = std::move(unsent_.front());
    unsent_.pop_front();
    // The notice may be put back or given up before the handler has run, but its octets have to stay until
    // then.
    const auto content = writing_->content;
    asio::async_write(
        socket_, asio::buffer(content->line),
        while_current([content](auto& self, const error_code& failure) { self.on_written(failure); }));
}

// The end of the connection may be in the socket already, where read() has not come to see it. False: so it
// is, and read() is going to.
bool notify_connection::read_pending() {
    for (int i = 0; i < reads_before_write; ++i) {
        const auto octets =
            ::recv(socket_.native_handle(), dropped_input_.data(), dropped_input_.size(), MSG_DONTWAIT);
        if (octets == 0) return false;
        if (octets < 0 && errno == EINTR) continue;
        if (octets < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
        if (octets < 0) {
            error_ = {errno, boost::system::system_category()};
            return false;
        }
    }
    return true;
}

void notify_connection::on_written(const error_code& failure) {
    if (failure) return on_write_failed(failure);
    remember_written();
    proceed();
    if (state_ == state::open) confirm_later();
}

// That the peer takes nothing more does not say how the connection ended; read() tells.
void notify_connection::on_write_failed(const error_code& failure) {
    if (state_ != state::open) return;
    if (failure != asio::error::broken_pipe) error_ = failure;
    after(settings_.settle, [failure](auto& self) { self.on_lost(failure); });
}

void notify_connection::remember_written() {
    if (writing_->writes++ == 0) ++statistics_->sent;
    send_queue_end_ += writing_->content->line.size() + (is_tcp() ? 0 : unix_buffer_overhead);
    written_.push_back({std::move(*writing_), send_queue_end_});
    writing_.reset();
    forget_acknowledged(steady_clock::now());
}

// --- what has arrived

bool notify_connection::is_tcp() const noexcept {
    return std::holds_alternative<notify_destination::tcp_socket>(destination_.socket);
}

/// What of the written octets the peer's kernel (TCP) or the peer (Unix) has not taken, in the socket's own
/// measure; empty when the kernel does not say.
std::optional<std::uint64_t> notify_connection::send_queue() {
    int octets = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &octets) != 0 || octets < 0) return std::nullopt;
    return static_cast<std::uint64_t>(octets);
}

/// Looks how far the peer has come; false when the connection has ended. The question comes before the look
/// for the end: a Unix socket whose peer has gone has an empty queue, but by then it is known to have ended.
bool notify_connection::confirm() {
    const auto queued = send_queue();
    if (!read_pending()) return false;
    if (queued) confirm_up_to(*queued);
    return true;
}

void notify_connection::confirm_up_to(std::uint64_t unconfirmed) {
    const auto taken = send_queue_end_ - std::min(send_queue_end_, unconfirmed);
    while (acknowledged_ < written_.size() && written_[acknowledged_].end <= taken)
        ++acknowledged_;
    forget_acknowledged(steady_clock::now());
}

// What a Unix socket says has been taken was read. What a TCP peer's kernel has acknowledged may not have
// been.
void notify_connection::forget_acknowledged(time_point now) {
    for (; acknowledged_ > 0; --acknowledged_) {
        if (is_tcp() && written_.front().notice.deadline > now && written_.size() <= settings_.queue_limit)
            return;
        written_.pop_front();
    }
}

void notify_connection::confirm_later() {
    if (unconfirmed() == 0) return;
    after(settings_.confirm_interval, [](auto& self) {
        if (self.state_ != state::open) return;
        if (!self.confirm()) return;
        self.proceed();
        if (self.state_ == state::open) self.confirm_later();
    });
}

// --- the end of a connection

void notify_connection::on_lost(const error_code& cause) {
    log::info(log::global, "notify target {}: connection lost: {}", name_, cause.message());
    timer_.cancel();
    failures_ = steady_clock::now() - connected_at_ < short_lived ? failures_ + 1 : 0;
    confirm_at_end(cause);
    if (cause == asio::error::eof && !written_.empty()) {
        state_ = state::settling;
        return after(settings_.settle, [](auto& self) { self.on_settled(); });
    }
    close();
    requeue(cause != asio::error::eof);
    back_off();
}

// Who closes a connection in order had read what had come until then. Of one that ends otherwise only TCP
// tells how far the peer had come: the queue of a Unix socket is empty now, whatever was in it.
void notify_connection::confirm_at_end(const error_code& cause) {
    const bool in_order = cause == asio::error::eof;
    if (is_tcp() || in_order)
        if (const auto queued = send_queue()) confirm_up_to(*queued);
    if (!in_order) return;
    written_.erase(written_.begin(), written_.begin() + static_cast<std::ptrdiff_t>(acknowledged_));
    acknowledged_ = 0;
}

void notify_connection::on_settled() {
    const bool lost = peer_lost_something();
    close();
    requeue(lost);
    back_off();
}

// A peer that had read everything acknowledges it and is silent then; one that had not answers with a reset.
bool notify_connection::peer_lost_something() {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
        return true;
    return send_queue().value_or(0) > 0;
}

void notify_connection::close() {
    ++step_;
    error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
    state_ = state::closed;
    error_ = {};
    send_queue_end_ = 0;
}

// Puts back what has not arrived, or may not have, in its old order.
void notify_connection::requeue(bool with_written) {
    if (writing_) put_back(std::move(*writing_));
    writing_.reset();
    if (with_written) requeue_written();
    written_.clear();
    acknowledged_ = 0;
    if (!unsent_.empty()) watch_deadlines();
}

void notify_connection::requeue_written() {
    for (; !written_.empty(); written_.pop_back()) {
        auto& notice = written_.back().notice;
        if (notice.writes <= settings_.rewrites)
            put_back(std::move(notice));
        else
            lose(notice, "each connection it was sent over was lost");
    }
}

void notify_connection::put_back(unsent_notice&& notice) {
    if (keeps_trying())
        unsent_.push_front(std::move(notice));
    else
        lose(notice, "the connection was lost");
}

// --- notices that wait too long

void notify_connection::watch_deadlines() {
    if (std::exchange(watching_deadlines_, true)) return;
    const auto& oldest = writing_ ? *writing_ : unsent_.front();
    deadline_.expires_at(oldest.deadline);
    deadline_.async_wait([self = shared_from_this()](const error_code& cancelled) {
        self->watching_deadlines_ = false;
        if (!cancelled && self->state_ != state::stopped) self->give_up_overdue();
    });
}

void notify_connection::give_up_overdue() {
    const auto now = steady_clock::now();
    const bool takes_nothing = writing_ && writing_->deadline <= now;
    if (takes_nothing) {
        // The peer has stopped reading; what it has got of the line is lost with the connection.
        close();
        ++failures_;
        requeue(true);
    }
    for (; !unsent_.empty() && unsent_.front().deadline <= now; unsent_.pop_front())
        lose(unsent_.front(), takes_nothing || state_ == state::open ? "the peer takes no more data"
                                                                     : "the peer cannot be reached");
    if (takes_nothing) back_off();
    if (writing_ || !unsent_.empty()) watch_deadlines();
}

void notify_connection::give_up_unsent(const std::string& reason) {
    for (; !unsent_.empty(); unsent_.pop_front())
        lose(unsent_.front(), reason);
}

void notify_connection::lose(const unsent_notice& lost, std::string_view reason) {
    ++statistics_->lost;
    const auto& [line, call_id] = *lost.content;
    const auto text = std::string_view(line).substr(0, line.size() - 1);
    log::warn(call_id.empty() ? log::global : std::string_view(call_id),
              "notify target {}: notice '{}' is lost: {}", name_, text, reason);
}

}  // namespace rtpproxy
