#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/session/inactivity.hpp"

namespace rtpproxy {

/// When a datagram is handled, on both clocks, and how long it had waited for that since it arrived.
struct moment {
    time_point now;
    tick second;
    duration waited{};

    /// What is told of the party's packets is measured by this; what the program does goes by `now`.
    [[nodiscard]] time_point arrival() const noexcept { return now - waited; }
};

}  // namespace rtpproxy
