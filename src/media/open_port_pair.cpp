#include "rtpproxy/media/open_port_pair.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rtpproxy {
namespace {

namespace errc = boost::system::errc;

boost::system::result<std::array<udp_socket, 2>> bind_pair(const boost::asio::ip::address& address,
                                                           std::uint16_t rtp_port, int descriptor_limit) {
    auto rtp = udp_socket::open({address, rtp_port});
    if (!rtp) return rtp.error();
    auto rtcp = udp_socket::open({address, static_cast<std::uint16_t>(rtp_port + 1)});
    if (!rtcp) return rtcp.error();
    // The kernel hands out the lowest free number: one this high means that few are left.
    if (descriptor_limit != 0 && std::max(rtp->native_handle(), rtcp->native_handle()) >= descriptor_limit)
        return errc::make_error_code(errc::too_many_files_open);
    return std::array{std::move(*rtp), std::move(*rtcp)};
}

bool is_taken(const boost::system::error_code& error) {
    return error == errc::address_in_use || error == errc::permission_denied;
}

}  // namespace

boost::system::result<bound_pair> open_port_pair(port_pool& pool, const boost::asio::ip::address& address,
                                                 time_point now, int descriptor_limit) {
    bool all_were_tried = false;
    for (std::size_t tried = 0; tried < pairs_tried_in_one_go; ++tried) {
        auto port = pool.take(address, now);
        if (!port) {  // but it costs little to look whether one of the others is free again
            all_were_tried = true;
            port = pool.take_set_aside(address, now);
        }
        if (!port) return errc::make_error_code(errc::address_in_use);
        port_claim claim{pool, address, *port};
        auto sockets = bind_pair(address, *port, descriptor_limit);
        if (sockets) return bound_pair{std::move(claim), std::move(*sockets)};
        if (!is_taken(sockets.error())) {
            claim.put_back();
            return sockets.error();
        }
        claim.set_aside(now);
    }
    return errc::make_error_code(all_were_tried ? errc::address_in_use : errc::operation_in_progress);
}

}  // namespace rtpproxy
