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

void notify_connection::post(std::string line) {
    if (state_ == state::stopped) return;
    if (unsent_.size() >= settings_.queue_limit) return drop("its queue is full");
    unsent_.push_back({std::make_shared<const std::string>(std::move(line)),
                       steady_clock::now() + settings_.give_up_after});
    watch_deadlines();
    proceed();
}

void notify_connection::stop() {
    if (state_ == state::stopped) return;
    close();
    state_ = state::stopped;
    deadline_.cancel();
    statistics_->dropped += unsent_.size() + (writing_ ? 1 : 0);
    unsent_.clear();
    writing_.reset();
    written_.clear();
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
    if (std::holds_alternative<notify_destination::tcp_socket>(destination_.socket)) keep_alive(socket_);
    if (failures_ > 0) log::info(log::global, "notify target {}: connected", name_);
    failures_ = 0;
    connected_at_ = steady_clock::now();
    if (std::exchange(was_connected_, true)) ++statistics_->reconnects;
    read();
    proceed();
}

void notify_connection::on_connect_failed(const error_code& cause) {
    if (failures_++ == 0)
        log::warn(log::global, "notify target {}: cannot connect: {}", name_, cause.message());
    close();
    back_off();
}

// Waits before the next attempt: not at all after a connection that lasted, else longer with each failure.
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

// Drops what the peer sends; its only use is to learn of the end of the connection.
void notify_connection::read() {
    socket_.async_read_some(asio::buffer(dropped_input_),
                            while_current([](auto& self, const error_code& failure) {
                                if (failure) return self.on_lost(failure);
                                self.read();
                            }));
}

void notify_connection::write() {
    if (const auto failure = read_pending()) return on_lost(failure);
    writing_ = std::move(unsent_.front());
    unsent_.pop_front();
    // The notice may be put back or given up before the handler has run, but its octets have to stay until
    // then.
    const auto line = writing_->line;
    asio::async_write(
        socket_, asio::buffer(*line),
        while_current([line](auto& self, const error_code& failure) { self.on_written(failure); }));
}

// The end of the connection may be in the socket already, where read() has not come to see it.
boost::system::error_code notify_connection::read_pending() {
    for (int i = 0; i < reads_before_write; ++i) {
        const auto octets =
            ::recv(socket_.native_handle(), dropped_input_.data(), dropped_input_.size(), MSG_DONTWAIT);
        if (octets == 0) return asio::error::eof;
        if (octets < 0 && errno == EINTR) continue;
        if (octets < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
        if (octets < 0) return {errno, boost::system::system_category()};
    }
    return {};
}

void notify_connection::on_written(const error_code& failure) {
    if (failure) {
        if (state_ == state::open) on_lost(failure);
        return;
    }
    remember_written();
    proceed();
}

void notify_connection::remember_written() {
    const auto now = steady_clock::now();
    forget_confirmed(now);
    if (writing_->writes++ == 0) ++statistics_->sent;
    written_.push_back({std::move(*writing_), now});
    writing_.reset();
}

void notify_connection::forget_confirmed(time_point now) {
    while (!written_.empty() && (now - written_.front().at >= settings_.confirmed_after ||
                                 written_.size() > settings_.queue_limit))
        written_.pop_front();
}

// --- the end of a connection

void notify_connection::on_lost(const error_code& cause) {
    log::info(log::global, "notify target {}: connection lost: {}", name_, cause.message());
    const auto now = steady_clock::now();
    failures_ = now - connected_at_ < short_lived ? 1 : 0;
    forget_confirmed(now);
    if (cause == asio::error::eof && !written_.empty()) {
        state_ = state::settling;
        return after(settings_.settle, [](auto& self) { self.on_settled(); });
    }
    close();
    requeue(cause != asio::error::eof);
    back_off();
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
    int unacknowledged = 0;
    if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
        return true;
    return ::ioctl(socket_.native_handle(), SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0;
}

void notify_connection::close() {
    ++step_;
    error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
    state_ = state::closed;
}

// Puts back what has not arrived, or may not have, in its old order.
void notify_connection::requeue(bool with_written) {
    if (writing_) unsent_.push_front(std::move(*writing_));
    writing_.reset();
    if (with_written) requeue_written();
    written_.clear();
    if (!unsent_.empty()) watch_deadlines();
}

void notify_connection::requeue_written() {
    for (; !written_.empty(); written_.pop_back()) {
        auto& notice = written_.back().notice;
        if (notice.writes <= settings_.rewrites) unsent_.push_front(std::move(notice));
    }
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
    if (writing_ && writing_->deadline <= now) {
        // The peer has stopped reading; what it has got of the line is lost with the connection.
        close();
        writing_.reset();
        written_.clear();
        failures_ = 1;
        drop("it takes no more data");
        back_off();
    }
    for (; !unsent_.empty() && unsent_.front().deadline <= now; unsent_.pop_front())
        drop("it cannot be reached");
    if (writing_ || !unsent_.empty()) watch_deadlines();
}

void notify_connection::drop(const char* reason) {
    ++statistics_->dropped;
    log::warn(log::global, "notify target {}: dropping a notice, {}", name_, reason);
}

}  // namespace rtpproxy
