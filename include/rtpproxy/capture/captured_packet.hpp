#pragma once

#include "rtpproxy/net/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

namespace rtpproxy {

/// When something happened by the clock on the wall: microseconds since 1970, UTC.
using wall_time = std::chrono::sys_time<std::chrono::microseconds>;

/// A UDP datagram as a capture file has it.
struct captured_packet {
    wall_time when;
    endpoint source;
    std::optional<endpoint> destination;  ///< the ad-hoc format does not keep it
    std::span<const std::byte> payload;   ///< of UDP: the RTP or RTCP packet
};

}  // namespace rtpproxy
