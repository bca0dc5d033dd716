#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rtpproxy {

/// One control socket, as `-s` names it.
struct control_socket_spec {
    enum class kind : std::uint8_t {
        unix_one_shot,  ///< `unix:PATH` or a bare path: one command a connection
        unix_stream,    ///< `cunix:PATH`
        udp,            ///< `udp:HOST[:PORT]`, `udp6:HOST:PORT`
        tcp,            ///< `tcp:HOST[:PORT]`, `tcp6:HOST:PORT`
        stdio,          ///< `stdio:`
        stdio_exit,     ///< `stdioc:`: end of input ends the program
        systemd,        ///< `systemd:`: the listening stream socket handed over by systemd
    };
    static constexpr std::uint16_t default_port = 22222;
    /// Longest Unix socket path, in octets: what `sockaddr_un` holds besides its terminator.
    static constexpr std::size_t max_path_octets = 107;

    kind transport = kind::udp;
    bool ipv6 = false;
    std::string host;                   ///< name or address; `*` is any address. Not for Unix and stdio.
    std::uint16_t port = default_port;  ///< 0 lets the kernel choose
    std::string path;                   ///< Unix only
    std::string text;                   ///< as configured, for messages
};

/// Reads `udp:HOST[:PORT]` and its siblings. The failure says what was expected, fit for a
/// message that has named `text` already.
///
/// Host and port part at the last colon, so `udp6:::1:9000` is port 9000 of `::1`; `[::1]` may stand in
/// brackets. An empty or missing port is `default_port`.
[[nodiscard]] boost::system::result<control_socket_spec, std::string> parse_control_socket(
    std::string_view text);

}  // namespace rtpproxy
