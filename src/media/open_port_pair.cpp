#include "rtpproxy/media/open_port_pair.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace rtpproxy {
namespace {

namespace errc = boost::system::errc;

/// More pairs than these in other hands, and the range is somebody else's.
constexpr std::size_t most_attempts = 2048;

/// Pairs that another program has. They stay taken until a search ends, so that none is tried twice in it.
class refused_pairs {
  public:
    refused_pairs(port_pool& pool, const boost::asio::ip::address& address, time_point now)
        : pool_(pool), address_(address), now_(now) {}
    refused_pairs(const refused_pairs&) = delete;
    refused_pairs& operator=(const refused_pairs&) = delete;
    ~refused_pairs() {
        for (const auto port : ports_)
            pool_.release(address_, port, now_);
    }

    void add(std::uint16_t port) { ports_.push_back(port); }
    [[nodiscard]] std::size_t size() const noexcept { return ports_.size(); }

  private:
    port_pool& pool_;
    const boost::asio::ip::address& address_;
    time_point now_;
    std::vector<std::uint16_t> ports_;
};

boost::system::result<bound_pair> bind_pair(const boost::asio::ip::address& address, std::uint16_t rtp_port,
                                            int descriptor_limit) {
    auto rtp = udp_socket::open({address, rtp_port});
    if (!rtp) return rtp.error();
    auto rtcp = udp_socket::open({address, static_cast<std::uint16_t>(rtp_port + 1)});
    if (!rtcp) return rtcp.error();
    // The kernel hands out the lowest free number: one this high means that few are left.
    if (descriptor_limit != 0 && std::max(rtp->native_handle(), rtcp->native_handle()) >= descriptor_limit)
        return errc::make_error_code(errc::too_many_files_open);
    return bound_pair{{std::move(*rtp), std::move(*rtcp)}, rtp_port};
}

bool is_taken(const boost::system::error_code& error) {
    return error == errc::address_in_use || error == errc::permission_denied;
}

}  // namespace

boost::system::result<bound_pair> open_port_pair(port_pool& pool, const boost::asio::ip::address& address,
                                                 time_point now, int descriptor_limit) {
    refused_pairs refused{pool, address, now};
    while (refused.size() < most_attempts) {
        const auto port = pool.take(address, now);
        if (!port) break;
        auto pair = bind_pair(address, *port, descriptor_limit);
        if (pair) return pair;
        if (!is_taken(pair.error())) {
            pool.put_back(address, *port);
            return pair.error();
        }
        refused.add(*port);
    }
    return errc::make_error_code(errc::address_in_use);
}

}  // namespace rtpproxy
