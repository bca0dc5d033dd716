#pragma once

#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/control/command_gate.hpp"
#include "rtpproxy/control/connection_quota.hpp"
#include "rtpproxy/control/control_listener.hpp"
#include "rtpproxy/strands/handler_memory.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include "stream_connection.hpp"
#include "stream_peer.hpp"
#include "unix_path.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

namespace rtpproxy {

using stream_acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

/// A listening stream socket and the connections it accepted: `unix`, `cunix`, `tcp`, `tcp6` and `systemd`.
/// Handlers keep it alive. On the control strand.
class stream_listener : public std::enable_shared_from_this<stream_listener> {
  public:
    enum class commands_per_connection : std::uint8_t { one, any };

    struct settings {
        commands_per_connection mode = commands_per_connection::any;
        std::size_t max_connections = 0;
        std::chrono::milliseconds idle_limit{};  ///< of a connection, see stream_connection; 0: none
        std::string name;                        ///< for the log
        std::optional<unix_path> path;           ///< the socket file, removed by stop()
        allowed_peers allowed;
        std::shared_ptr<command_gate> gate;
    };

    /// `acceptor` listens already.
    stream_listener(stream_acceptor acceptor, command_executor& commands, settings chosen);

    void start();
    void stop();
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  private:
    void wait_for_connections() noexcept;
    void accept_connections() noexcept;
    static boost::asio::awaitable<void> serve(std::shared_ptr<stream_listener> self,
                                              std::shared_ptr<stream_connection> connection,
                                              stream_peer peer);
    [[nodiscard]] stream_socket accept(stream_socket::endpoint_type& remote,
                                       boost::system::error_code& failure) noexcept;
    void try_welcome(stream_socket socket, const stream_socket::endpoint_type& remote) noexcept;
    void welcome(stream_socket socket, const stream_socket::endpoint_type& remote);
    void forget(const std::shared_ptr<stream_connection>& connection) noexcept;
    [[nodiscard]] bool is_allowed(const stream_peer& peer) const;
    void note(control_incident incident, const stream_peer& peer);

    stream_acceptor acceptor_;
    command_executor& commands_;
    settings settings_;
    strand_timer pause_;
    const handler_memory next_wait_;
    std::uint16_t port_;
    connection_quota quota_;
    bool running_ = false;
    std::unordered_set<std::shared_ptr<stream_connection>> connections_;
};

}  // namespace rtpproxy
