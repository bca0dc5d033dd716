#pragma once

#include "rtpproxy/capture/captured_packet.hpp"

#include <cstddef>
#include <vector>

namespace rtpproxy {

/// The classic program's own format of recordings. A file is a sequence of packets and nothing else:
///
///      0  address family of the source, host byte order: 2 (IPv4) or 10 (IPv6), as on Linux
///      2  source port, network byte order
///      4  source address, network byte order: 4 octets and 12 zeros, or 16 octets
///     20  arrival, seconds since 1970 as an IEEE 754 double, host byte order
///     28  length of the payload, host byte order
///     30  payload
inline constexpr std::size_t adhoc_header_octets = 30;

/// Appends a packet; a payload beyond 65535 octets is cut.
void append_adhoc_packet(std::vector<std::byte>& file, const captured_packet& packet);

}  // namespace rtpproxy
