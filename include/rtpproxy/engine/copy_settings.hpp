#pragma once

#include "rtpproxy/net/network_list.hpp"

namespace rtpproxy {

/// What `C udp:HOST:PORT` may do.
struct copy_settings {
    network_list allowed;      ///< where copies may go; none listed: anywhere
    bool with_rtcp = true;     ///< RTCP is copied, too
    int descriptor_limit = 0;  ///< see open_port_pair()
};

}  // namespace rtpproxy
