#include "rtpproxy/media/open_port_pair.hpp"

#include <utility>

namespace rtpproxy {
namespace {

namespace errc = boost::system::errc;

/// More pairs than these in other hands, and the range is somebody else's.
constexpr int most_attempts = 2048;

boost::system::result<bound_pair> bind_pair(const boost::asio::ip::address& address, std::uint16_t rtp_port) {
    auto rtp = udp_socket::open({address, rtp_port});
    if (!rtp) return rtp.error();
    auto rtcp = udp_socket::open({address, static_cast<std::uint16_t>(rtp_port + 1)});
    if (!rtcp) return rtcp.error();
    return bound_pair{{std::move(*rtp), std::move(*rtcp)}, rtp_port};
}

bool is_taken(const boost::system::error_code& error) {
    return error == errc::address_in_use || error == errc::permission_denied;
}

}  // namespace

boost::system::result<bound_pair> open_port_pair(port_pool& pool, const boost::asio::ip::address& address,
                                                 time_point now) {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const auto port = pool.take(address, now);
        if (!port) break;
        auto pair = bind_pair(address, *port);
        if (pair) return pair;
        if (!is_taken(pair.error())) {
            pool.put_back(address, *port);
            return pair.error();
        }
        pool.release(address, *port, now);
    }
    return errc::make_error_code(errc::address_in_use);
}

}  // namespace rtpproxy
