#include "rtpproxy/control/control_peer.hpp"

#include "rtpproxy/net/address_scope.hpp"

#include <boost/endian/conversion.hpp>

namespace rtpproxy {

namespace ip = boost::asio::ip;

control_peer control_peer::at(const ip::address& address, std::uint16_t port) noexcept {
    const auto plain = without_mapping(address);
    if (plain.is_v4()) return {{family::ipv4, plain.to_v4().to_uint()}, {0, port}};
    const auto bytes = plain.to_v6().to_bytes();
    return {{family::ipv6, boost::endian::load_big_u64(bytes.data())},
            {boost::endian::load_big_u64(bytes.data() + 8), port}};
}

control_peer control_peer::process(uid_t user, pid_t pid) noexcept {
    return {{family::local, user}, {0, static_cast<std::uint32_t>(pid)}};
}

}  // namespace rtpproxy
