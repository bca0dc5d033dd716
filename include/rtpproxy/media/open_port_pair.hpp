#pragma once

#include "rtpproxy/media/port_claim.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/media/udp_socket.hpp"

#include <array>
#include <cstddef>

namespace rtpproxy {

/// Two bound sockets on neighbouring ports, taken from a pool, which gets them back when they are closed.
struct bound_pair {
    port_claim claim;                   ///< first, so that it ends last
    std::array<udp_socket, 2> sockets;  ///< RTP, RTCP

    [[nodiscard]] std::uint16_t rtp_port() const noexcept { return claim.rtp_port(); }
};

/// Pairs that open_port_pair() tries in one go, which takes less than half a millisecond.
inline constexpr std::size_t pairs_tried_in_one_go = 32;

/// Takes pairs on `address` until one binds. Pairs that another program uses are set aside. Descriptors from
/// `descriptor_limit` on are left for other ends than media; 0: no limit.
///
/// Errors: `address_in_use` when none is left; `operation_in_progress` when those tried in one go were
/// another program's: the next call goes on with others; `too_many_files_open` at the limit; any other bind
/// or socket error as the kernel said it.
[[nodiscard]] boost::system::result<bound_pair> open_port_pair(port_pool& pool,
                                                               const boost::asio::ip::address& address,
                                                               time_point now, int descriptor_limit);

}  // namespace rtpproxy
