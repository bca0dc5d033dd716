#include "stream_connection.hpp"

#include "rtpproxy/strands/run_strand.hpp"

#include "control_task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <utility>

namespace rtpproxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto grace = std::chrono::seconds(1);  // for a reply under way when the listener stops

}  // namespace

stream_connection::stream_connection(stream_socket socket, command_executor& commands,
                                     std::shared_ptr<command_gate> gate, const control_peer& peer,
                                     command_origin origin, std::chrono::milliseconds idle_limit)
    : socket_(std::move(socket)),
      grace_(socket_.get_executor()),
      pace_(socket_.get_executor()),
      idle_(socket_.get_executor()),
      replied_(socket_.get_executor(), asio::steady_timer::time_point::max()),
      commands_(commands),
      gate_(std::move(gate)),
      peer_(peer),
      origin_(std::move(origin)),
      idle_limit_(idle_limit) {}

asio::awaitable<void> stream_connection::serve_lines(std::shared_ptr<stream_connection> self) {
    while (!self->stopping_) {
        const auto octets = co_await self->read_some();
        if (octets == 0) break;
        self->lines_.append({self->input_.data(), octets});
        co_await self->answer_lines();
        if (self->lines_.overflowed()) break;
    }
    self->finish();
}

asio::awaitable<void> stream_connection::serve_once(std::shared_ptr<stream_connection> self) {
    const auto octets = co_await self->read_some();
    // A command that is too long is answered like one that says nothing: with a syntax error.
    const auto taken = octets > max_command_octets ? 0 : octets;
    if (octets > 0) co_await self->answer(std::string(self->input_.data(), taken));
    self->finish();
}

void stream_connection::stop() {
    if (stopping_) return;
    stopping_ = true;
    pace_.cancel();
    if (reading_)
        finish();
    else
        spawn_task(socket_.get_executor(), close_after_grace(shared_from_this()),
                   "closing a control connection");
}

// The number of octets read into input_; none at the end of input, after an error and when stopped.
asio::awaitable<std::size_t> stream_connection::read_some() {
    if (stopping_) co_return 0;
    reading_ = true;
    watch_peer();
    const auto [failure, octets] = co_await socket_.async_read_some(asio::buffer(input_), as_result);
    idle_.cancel();
    reading_ = false;
    co_return failure ? 0 : octets;
}

asio::awaitable<void> stream_connection::answer_lines() {
    while (auto line = stopping_ ? std::nullopt : lines_.next_line())
        co_await answer(std::move(*line));
}

// A client may hang up without waiting for its replies; what it sent before is carried out all the same.
asio::awaitable<void> stream_connection::answer(std::string text) {
    if (gate_->rates.limited() && peer_.host.kind != control_peer::family::none) co_await keep_to_rate();
    std::string reply = memory_reply;
    try {
        reply = co_await execute(std::move(text));
    } catch (...) {
        log_exception("a control connection", "a command");
    }
    entered_.leave();
    if (silent_) {
        stopping_ = true;
        co_return;
    }
    if (writable_) co_await write(std::move(reply));
}

// Who sends too fast is read more slowly. stop() ends the wait.
asio::awaitable<void> stream_connection::keep_to_rate() {
    const auto early = gate_->rates.reserve(peer_.host, steady_clock::now());
    if (early <= duration::zero() || stopping_) co_return;
    pace_.expires_after(early);
    co_await pace_.async_wait(as_result);
}

// The reply may come before the coroutine is ready to be resumed, so it always takes a turn through the
// strand.
asio::awaitable<std::string> stream_connection::execute(std::string text) {
    auto wait_and_begin = [this, &text](auto handler) {
        replied_.async_wait(std::move(handler));  // first: what cannot be waited for is not begun
        begin(std::move(text));
    };
    static_cast<void>(co_await asio::async_initiate<decltype(as_result), void(error_code)>(
        std::move(wait_and_begin), as_result));
    co_return std::move(reply_);
}

void stream_connection::begin(std::string text) noexcept {
    try {
        if (auto entered = gate_->try_enter()) {
            entered_ = std::move(*entered);
            return commands_.execute(text, origin_, 0, shared_from_this());
        }
        // A connection has but one command here, and connections are limited in number.
        constexpr std::size_t cost = 0;
        gate_->wait(
            peer_,
            [self = shared_from_this(), text = std::move(text)](command_gate::pass entered) {
                self->entered_ = std::move(entered);
                self->commands_.execute(text, self->origin_, 0, self);
            },
            cost);
    } catch (...) {
        log_exception("a control connection", "a command");
        on_reply(memory_reply);
    }
}

void stream_connection::on_reply(std::string reply) noexcept {
    reply_ = std::move(reply);
    replied_.cancel();
}

void stream_connection::on_silence(std::string reply) noexcept {
    silent_ = true;
    on_reply(std::move(reply));
}

asio::awaitable<void> stream_connection::write(std::string text) {
    text.push_back('\n');
    watch_peer();
    const auto [failure, octets] = co_await asio::async_write(socket_, asio::buffer(text), as_result);
    idle_.cancel();
    writable_ = !failure;
}

// Until the read or write that begins now is done. One that comes to its end in the very moment has had idle_
// set anew, or cancelled too late.
void stream_connection::watch_peer() {
    if (idle_limit_.count() == 0) return;
    idle_.expires_after(idle_limit_);
    idle_.async_wait([self = shared_from_this()](const error_code& cancelled) {
        if (cancelled || self->idle_.expiry() > steady_clock::now()) return;
        self->ended_idle_ = !self->stopping_;
        self->finish();
    });
}

asio::awaitable<void> stream_connection::close_after_grace(std::shared_ptr<stream_connection> self) {
    if (!self->socket_.is_open()) co_return;
    self->grace_.expires_after(grace);
    co_await self->grace_.async_wait(as_result);
    self->finish();
}

void stream_connection::finish() {
    stopping_ = true;
    error_code ignored;
    grace_.cancel();
    pace_.cancel();
    idle_.cancel();
    replied_.cancel();
    socket_.close(ignored);
}

}  // namespace rtpproxy
