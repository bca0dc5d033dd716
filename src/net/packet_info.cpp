#include "rtpproxy/net/packet_info.hpp"

#include <cstring>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;

template <typename Info>
Info info_in(const cmsghdr* header) noexcept {
    Info info;
    std::memcpy(&info, CMSG_DATA(header), sizeof info);
    return info;
}

own_address from(const in_pktinfo& info) noexcept {
    return {ip::address_v4(ntohl(info.ipi_spec_dst.s_addr)), 0};
}

own_address from(const in6_pktinfo& info) noexcept {
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
    const ip::address_v6 local(bytes);
    if (local.is_multicast()) return {};
    return {local, local.is_link_local() ? info.ipi6_ifindex : 0};
}

template <typename Info>
void attach(msghdr& message, packet_info_buffer& buffer, int level, int type, const Info& info) noexcept {
    buffer = {};
    message.msg_control = buffer.octets;
    message.msg_controllen = CMSG_SPACE(sizeof info);
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

}  // namespace

own_address read_packet_info(msghdr& message) noexcept {
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO)
            return from(info_in<in_pktinfo>(header));
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO)
            return from(info_in<in6_pktinfo>(header));
    }
    return {};
}

void write_packet_info(msghdr& message, packet_info_buffer& buffer, const own_address& source) noexcept {
    if (source.address.is_v4()) {
        in_pktinfo info{};
        info.ipi_spec_dst.s_addr = htonl(source.address.to_v4().to_uint());
        attach(message, buffer, IPPROTO_IP, IP_PKTINFO, info);
    } else {
        in6_pktinfo info{};
        const auto bytes = source.address.to_v6().to_bytes();
        std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
        info.ipi6_ifindex = source.interface;
        attach(message, buffer, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

}  // namespace rtpproxy
