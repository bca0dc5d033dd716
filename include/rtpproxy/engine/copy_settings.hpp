#pragma once

#include "rtpproxy/control/allowed_networks.hpp"

namespace rtpproxy {

/// What `C udp:HOST:PORT` may do.
struct copy_settings {
    allowed_networks allowed;  ///< where copies may go; none listed: anywhere
    bool with_rtcp = true;     ///< RTCP is copied, too
    int descriptor_limit = 0;  ///< see open_port_pair()
};

}  // namespace rtpproxy
