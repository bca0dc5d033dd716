#include "stream_listener.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/strands/run_strand.hpp"

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
      commands_(commands),
      settings_(std::move(chosen)),
      pause_(settings_.gate->strand().context(), [this](time_point) { wait_for_connections(); }),
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
    wait_for_connections();
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

void stream_listener::wait_for_connections() noexcept {
    acceptor_.async_wait(stream_acceptor::wait_read,
                         next_wait_.hold([self = shared_from_this()](const error_code& failure) {
                             if (!failure && self->acceptor_.is_open()) self->accept_connections();
                         }));
}

// Who waits to be accepted waits for all before it, so that queue is emptied in few turns between busy
// connections. Where each command has a connection of its own, those that are accepted early only wait
// elsewhere.
void stream_listener::accept_connections() noexcept {
    const bool one_shot = settings_.mode == commands_per_connection::one;
    for (std::size_t i = 0; i < accepted_at_once; ++i) {
        if (i != 0 && one_shot && connections_.size() >= accepted_at_once) break;
        stream_socket::endpoint_type remote;
        error_code failure;
        auto socket = accept(remote, failure);
        if (failure == asio::error::would_block) break;
        if (!failure) {
            try_welcome(std::move(socket), remote);
        } else if (failure != asio::error::connection_aborted) {
            // Descriptors or memory ran out: the connection stays in the backlog until some come free.
            log::err(log::global, "{}: cannot accept a connection: {}", settings_.name,
                     log::message_of{failure});
            return pause_.set(steady_clock::now() + pause_after_error);
        }
    }
    wait_for_connections();
}

stream_socket stream_listener::accept(stream_socket::endpoint_type& remote, error_code& failure) noexcept {
    try {
        return acceptor_.accept(remote, failure);
    } catch (const std::exception&) {
        failure = asio::error::no_memory;
        return stream_socket(acceptor_.get_executor());
    }
}

/// A connection that there is no memory for is closed.
void stream_listener::try_welcome(stream_socket socket, const stream_socket::endpoint_type& remote) noexcept {
    try {
        welcome(std::move(socket), remote);
    } catch (...) {
        log_exception(settings_.name, "a new connection");
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
    std::shared_ptr<stream_connection> connection;
    try {
        connection = std::make_shared<stream_connection>(std::move(socket), commands_, settings_.gate,
                                                         peer.sharer, command_origin{peer.address, local},
                                                         settings_.idle_limit);
        connections_.insert(connection);
        spawn_task(acceptor_.get_executor(), serve(shared_from_this(), connection, peer), settings_.name);
    } catch (...) {
        connections_.erase(connection);
        quota_.remove(peer.sharer.host);
        throw;
    }
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

void stream_listener::forget(const std::shared_ptr<stream_connection>& connection) noexcept {
    connections_.erase(connection);
    quota_.remove(connection->peer().host);
}

asio::awaitable<void> stream_listener::serve(std::shared_ptr<stream_listener> self,
                                             std::shared_ptr<stream_connection> connection,
                                             stream_peer peer) {
    const auto at_the_end = [&](const void*) { self->forget(connection); };
    const std::unique_ptr<const void, decltype(at_the_end)> served{connection.get(), at_the_end};
    if (self->settings_.mode == commands_per_connection::one)
        co_await stream_connection::serve_once(connection);
    else
        co_await stream_connection::serve_lines(connection);
    if (connection->ended_idle()) self->note(control_incident::connection_idle, peer);
}

}  // namespace rtpproxy
