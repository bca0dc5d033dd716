#pragma once

#include "rtpproxy/capture/capture_reader.hpp"

#include <cstdint>
#include <span>

namespace rtpproxy {

/// Finds the UDP datagram in a frame: fills in source, destination and payload of `packet`. False if there is
/// none; `skipped` counts why. Takes VLAN tags (IEEE 802.1Q) and the extension headers of IPv6 in its stride.
/// Checksums are not looked at: those of packets captured by their sender are often not there yet.
[[nodiscard]] bool read_frame(std::span<const std::byte> frame, std::uint32_t link_type,
                              captured_packet& packet, skipped_packets& skipped);

}  // namespace rtpproxy
