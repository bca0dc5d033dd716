#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/packet_info.hpp"

namespace rtpproxy {

/// What the kernel tells of a datagram besides its octets.
struct datagram_origin {
    endpoint source;
    own_address sent_to;  ///< of this host; known only of sockets bound to a wildcard
};

}  // namespace rtpproxy
