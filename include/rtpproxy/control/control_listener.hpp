#pragma once

#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/control/command_gate.hpp"
#include "rtpproxy/control/socket_spec.hpp"
#include "rtpproxy/net/network_list.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/result.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtpproxy {

/// Who may send commands. Standard input is nobody else's.
struct allowed_peers {
    network_list networks;     ///< over UDP and TCP; none: everybody
    std::vector<uid_t> users;  ///< over Unix sockets; none: everybody who can open the socket
};

/// What the listeners take from the configuration besides the socket itself.
struct listener_settings {
    bool no_resolve = false;          ///< hosts must be numeric
    std::optional<mode_t> unix_mode;  ///< permissions of Unix sockets; else what the umask leaves
    std::optional<uid_t> unix_owner;  ///< owner of Unix sockets
    std::optional<gid_t> unix_group;  ///< group of Unix sockets
    std::size_t max_connections =
        4096;  ///< open at once on one stream listener; one above is accepted and closed
    std::chrono::milliseconds idle_limit{};  ///< of stream connections; 0: they may be idle for ever
    allowed_peers allowed;                   ///< others are ignored (UDP) or hung up on
    std::shared_ptr<command_gate> gate;      ///< shared with the other listeners; null: one of its own
    /// Standard input has ended (`stdio:`, `stdioc:`) and every command before its end was answered.
    /// Called on the control strand, at most once; not called by stop().
    std::function<void()> on_end_of_input;
    int stdin_fd = 0;    ///< what `stdio:` reads; stays open and keeps its flags
    int stdout_fd = 1;   ///< what `stdio:` writes
    int systemd_fd = 3;  ///< the socket systemd handed over; owned by the listener from now on
};

/// Receives commands over one control socket and sends back their replies.
///
/// Every member runs on the control strand, the destructor included; the destructor stops it.
class control_listener {
  public:
    control_listener() = default;
    control_listener(const control_listener&) = delete;
    control_listener& operator=(const control_listener&) = delete;
    virtual ~control_listener() = default;

    /// Starts to read commands. Call once.
    virtual void start() = 0;

    /// Takes no further commands: closes the listening socket, removes the path of a Unix socket, closes idle
    /// connections. Replies of stream connections that are on their way get one second to leave.
    virtual void stop() = 0;

    /// The local UDP or TCP port; 0 for the other transports.
    [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
};

/// Opens and binds the control socket `spec` at once, so that what is wrong with it shows at start-up;
/// start() then begins to serve. The failure is a sentence with the specification and the cause.
///
/// `control_strand` carries every handler; `commands` must outlive the listener and every command in
/// progress.
[[nodiscard]] boost::system::result<std::unique_ptr<control_listener>, std::string> make_control_listener(
    const boost::asio::io_context::executor_type& control_strand, const control_socket_spec& spec,
    command_executor& commands, const listener_settings& settings);

}  // namespace rtpproxy
