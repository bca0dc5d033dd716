#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/session/inactivity.hpp"

namespace rtpproxy {

/// When a datagram is handled, on both clocks.
struct moment {
    time_point now;
    tick second;
};

}  // namespace rtpproxy
