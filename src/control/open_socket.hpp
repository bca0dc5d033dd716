#pragma once

#include "rtpproxy/control/control_listener.hpp"
#include "rtpproxy/control/socket_spec.hpp"

#include "stream_listener.hpp"
#include "unix_path.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/system/result.hpp>

#include <string>

namespace rtpproxy {

/// A socket, or a sentence with the specification and the cause.
template <typename Socket>
using open_result = boost::system::result<Socket, std::string>;

/// A bound, non-blocking socket that delivers packet information.
[[nodiscard]] open_result<boost::asio::ip::udp::socket> open_udp(const boost::asio::any_io_executor& executor,
                                                                 const control_socket_spec& spec,
                                                                 bool no_resolve);

/// A listening TCP socket.
[[nodiscard]] open_result<stream_acceptor> open_tcp(const boost::asio::any_io_executor& executor,
                                                    const control_socket_spec& spec, bool no_resolve);

/// A listening Unix socket and its file.
struct unix_listening_socket {
    stream_acceptor acceptor;
    unix_path path;
};

/// A listening Unix socket with the owner and mode the settings ask for. The socket file of a program that is
/// gone is replaced; that of a running one, whichever, is an error.
[[nodiscard]] open_result<unix_listening_socket> open_unix(const boost::asio::any_io_executor& executor,
                                                           const control_socket_spec& spec,
                                                           const listener_settings& settings);

/// The listening stream socket handed over as descriptor `settings.systemd_fd`.
[[nodiscard]] open_result<stream_acceptor> adopt_listener(const boost::asio::any_io_executor& executor,
                                                          const control_socket_spec& spec,
                                                          const listener_settings& settings);

}  // namespace rtpproxy
