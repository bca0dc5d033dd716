#include "stream_listener.hpp"

#include "control_task.hpp"
#include "exposure.hpp"
#include "generic_address.hpp"
#include "tcp_keepalive.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rtpproxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto pause_after_error = std::chrono::milliseconds(100);
constexpr std::size_t accepted_at_once = 64;

}  // namespace

stream_listener::stream_listener(stream_acceptor acceptor, command_executor& commands, settings chosen)
    : acceptor_(std::move(acceptor)),
      pause_(acceptor_.get_executor()),
      commands_(commands),
      settings_(std::move(chosen)),
      quota_(settings_.max_connections) {
    error_code ignored;
    port_ = port_of(acceptor_.local_endpoint(ignored));
}

void stream_listener::start() {
    running_ = true;
    settings_.gate->attach();
    error_code ignored;
    acceptor_.non_blocking(true, ignored);
    if (const auto local = address_of(acceptor_.local_endpoint(ignored)))
        warn_if_exposed(settings_.name, settings_.allowed.networks, *local);
    spawn_task(acceptor_.get_executor(), accept_connections(shared_from_this()), settings_.name);
}

void stream_listener::stop() {
    if (!acceptor_.is_open()) return;
    if (settings_.path) settings_.path->remove();
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& connection : connections_)
        connection->stop();
    if (std::exchange(running_, false)) settings_.gate->detach();
}

asio::awaitable<void> stream_listener::accept_connections(std::shared_ptr<stream_listener> self) {
    while (self->acceptor_.is_open()) {
        stream_socket::endpoint_type remote;
        auto [failure, socket] = co_await self->acceptor_.async_accept(remote, as_result);
        if (!self->acceptor_.is_open()) co_return;
        if (!failure) {
            self->welcome(std::move(socket), remote);
            self->accept_more();
        } else if (failure != asio::error::connection_aborted) {
            // Descriptors or memory ran out: the connection stays in the backlog until some come free.
            log::err(log::global, "{}: cannot accept a connection: {}", self->settings_.name,
                     failure.message());
            self->pause_.expires_after(pause_after_error);
            co_await self->pause_.async_wait(as_result);
        }
    }
}

// Who waits to be accepted waits for all before it, so that queue is emptied faster than the coroutine gets a
// turn between busy connections. Errors come up again in its next turn. Where each command has a connection
// of its own, those that are accepted early only wait elsewhere.
void stream_listener::accept_more() {
    const bool one_shot = settings_.mode == commands_per_connection::one;
    for (std::size_t i = 0; i < accepted_at_once; ++i) {
        if (one_shot && connections_.size() >= accepted_at_once) return;
        stream_socket::endpoint_type remote;
        error_code failure;
        auto socket = acceptor_.accept(remote, failure);
        if (failure) return;
        welcome(std::move(socket), remote);
    }
}

void stream_listener::welcome(stream_socket socket, const stream_socket::endpoint_type& remote) {
    const auto peer = peer_of(socket, remote);
    if (!is_allowed(peer)) return note(control_incident::connection_refused, peer);
    if (!quota_.try_add(peer.sharer.host)) return note(control_incident::connection_limit, peer);
    error_code ignored;
    const auto local = address_of(socket.local_endpoint(ignored));
    if (peer.address) {
        socket.set_option(asio::ip::tcp::no_delay(true), ignored);
        keep_alive(socket);
    }
    const auto connection =
        std::make_shared<stream_connection>(std::move(socket), commands_, settings_.gate, peer.sharer,
                                            command_origin{peer.address, local}, settings_.idle_limit);
    connections_.insert(connection);
    spawn_task(acceptor_.get_executor(), serve(shared_from_this(), connection, peer), settings_.name);
}

bool stream_listener::is_allowed(const stream_peer& peer) const {
    const auto& [networks, users] = settings_.allowed;
    if (peer.address) return networks.empty() || networks.contains(*peer.address);
    if (peer.user) return users.empty() || std::ranges::find(users, *peer.user) != users.end();
    return networks.empty() && users.empty();
}

void stream_listener::note(control_incident incident, const stream_peer& peer) {
    settings_.gate->incidents.note(incident, settings_.name, [&] { return describe(peer); });
}

asio::awaitable<void> stream_listener::serve(std::shared_ptr<stream_listener> self,
                                             std::shared_ptr<stream_connection> connection,
                                             stream_peer peer) {
    if (self->settings_.mode == commands_per_connection::one)
        co_await stream_connection::serve_once(connection);
    else
        co_await stream_connection::serve_lines(connection);
    if (connection->ended_idle()) self->note(control_incident::connection_idle, peer);
    self->connections_.erase(connection);
    self->quota_.remove(connection->peer().host);
}

}  // namespace rtpproxy
