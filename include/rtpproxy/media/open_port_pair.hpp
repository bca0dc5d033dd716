#pragma once

#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/media/udp_socket.hpp"

#include <array>

namespace rtpproxy {

/// Two bound sockets on neighbouring ports, taken from a pool. The pool gets the pair back through release().
struct bound_pair {
    std::array<udp_socket, 2> sockets;  ///< RTP, RTCP
    std::uint16_t rtp_port;
};

/// Takes pairs on `address` until one binds. Pairs that another program uses are passed over. Descriptors
/// from `descriptor_limit` on are left for other ends than media; 0: no limit.
///
/// Errors: `address_in_use` when none is left; `too_many_files_open` at the limit; any other bind or socket
/// error as the kernel said it.
[[nodiscard]] boost::system::result<bound_pair> open_port_pair(port_pool& pool,
                                                               const boost::asio::ip::address& address,
                                                               time_point now, int descriptor_limit);

}  // namespace rtpproxy
