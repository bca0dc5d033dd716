#pragma once

#include <cstdint>

namespace rtpproxy {

/// RTP and RTCP travel on neighbouring ports of a leg (RFC 3550 §11).
enum class component : std::uint8_t { rtp, rtcp };
inline constexpr component both_components[] = {component::rtp, component::rtcp};

}  // namespace rtpproxy
