#pragma once

#include "rtpproxy/control/control_peer.hpp"

#include "stream_connection.hpp"

#include <boost/asio/ip/address.hpp>

#include <sys/types.h>

#include <optional>
#include <string>

namespace rtpproxy {

/// Who is at the other end of a connection.
struct stream_peer {
    control_peer sharer;
    std::optional<boost::asio::ip::address> address;  ///< over TCP
    std::optional<uid_t> user;                        ///< over Unix sockets (SO_PEERCRED)
};

/// Of an accepted connection. `remote` is what accept() told: a peer that has reset the connection since
/// cannot be asked for any more, but what it sent can still be read. What is not known stays empty.
[[nodiscard]] stream_peer peer_of(stream_socket& socket, const stream_socket::endpoint_type& remote);

/// For the log: `192.0.2.1`, `user 1000`.
[[nodiscard]] std::string describe(const stream_peer& peer);

}  // namespace rtpproxy
