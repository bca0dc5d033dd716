#pragma once

#include <boost/asio/ip/address.hpp>

#include <netinet/in.h>

namespace rtpproxy {

/// An address of this host, as the kernel names it in packet information: where a datagram arrived that was
/// taken by a socket on a wildcard, or where one is to leave from.
struct own_address {
    boost::asio::ip::address address;  ///< of one host, unless unspecified: that is not known
    unsigned interface = 0;            ///< index; set where `address` needs it (IPv6 link-local)

    [[nodiscard]] bool is_known() const noexcept { return !address.is_unspecified(); }
    friend bool operator==(const own_address&, const own_address&) noexcept = default;
};

/// Room for packet information of either IP version (IP_PKTINFO, RFC 3542 §6.1 IPV6_PKTINFO).
union packet_info_buffer {
    cmsghdr alignment;
    char octets[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo))];
};

/// The local address that came with a datagram. Not known when the kernel told none, or an IPv6 multicast
/// address; of an IPv4 broadcast or multicast it is the address that the kernel would answer from.
[[nodiscard]] own_address read_packet_info(msghdr& message) noexcept;

/// Makes a datagram leave from `source`, which has to be known. `message` refers to `buffer` from then on.
void write_packet_info(msghdr& message, packet_info_buffer& buffer, const own_address& source) noexcept;

}  // namespace rtpproxy
