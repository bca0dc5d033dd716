#include "stream_listener.hpp"

#include "control_task.hpp"
#include "generic_address.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>

namespace rtpproxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto pause_after_error = std::chrono::milliseconds(100);

}  // namespace

stream_listener::stream_listener(stream_acceptor acceptor, command_executor& commands, settings chosen)
    : acceptor_(std::move(acceptor)),
      pause_(acceptor_.get_executor()),
      commands_(commands),
      settings_(std::move(chosen)) {
    error_code ignored;
    port_ = port_of(acceptor_.local_endpoint(ignored));
}

void stream_listener::start() {
    spawn_task(acceptor_.get_executor(), accept_connections(shared_from_this()), settings_.name);
}

void stream_listener::stop() {
    if (!acceptor_.is_open()) return;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    if (settings_.path) settings_.path->remove();
    for (const auto& connection : connections_)
        connection->stop();
}

asio::awaitable<void> stream_listener::accept_connections(std::shared_ptr<stream_listener> self) {
    while (self->acceptor_.is_open()) {
        auto [failure, socket] = co_await self->acceptor_.async_accept(as_result);
        if (!self->acceptor_.is_open()) co_return;
        if (!failure) {
            self->welcome(std::move(socket));
        } else if (failure != asio::error::connection_aborted) {
            // Descriptors or memory ran out: the connection stays in the backlog until some come free.
            log::err(log::global, "{}: cannot accept a connection: {}", self->settings_.name,
                     failure.message());
            self->pause_.expires_after(pause_after_error);
            co_await self->pause_.async_wait(as_result);
        }
    }
}

void stream_listener::welcome(stream_socket socket) {
    if (connections_.size() >= settings_.max_connections) {
        log::warn(log::global, "{}: closing a connection beyond the limit of {}", settings_.name,
                  settings_.max_connections);
        return;
    }
    error_code ignored;
    const auto peer = address_of(socket.remote_endpoint(ignored));
    const auto local = address_of(socket.local_endpoint(ignored));
    if (peer) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto connection =
        std::make_shared<stream_connection>(std::move(socket), commands_, command_origin{peer, local});
    connections_.insert(connection);
    spawn_task(acceptor_.get_executor(), serve(shared_from_this(), connection), settings_.name);
}

asio::awaitable<void> stream_listener::serve(std::shared_ptr<stream_listener> self,
                                             std::shared_ptr<stream_connection> connection) {
    if (self->settings_.mode == commands_per_connection::one)
        co_await stream_connection::serve_once(connection);
    else
        co_await stream_connection::serve_lines(connection);
    self->connections_.erase(connection);
}

}  // namespace rtpproxy
