#pragma once

#include "rtpproxy/capture/captured_packet.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rtpproxy {

inline constexpr std::size_t pcap_file_header_octets = 24;

/// Appends the header of a pcap file: version 2.4, microseconds, host byte order, Ethernet, snap length
/// 65535.
void append_pcap_file_header(std::vector<std::byte>& file);

/// Appends a packet: record header, Ethernet, IPv4 (RFC 791) or IPv6 (RFC 8200), UDP (RFC 768) with
/// checksums, payload. IPv4 packets have `identification`.
///
/// Ethernet addresses are made up: of IPv4 two zero octets and the address; of IPv6 the first six octets of
/// the address, to which the others are added bit by bit, six at a time. A missing destination, or one of
/// another family, is written as all zeros. A frame longer than the snap length is cut, as its record says.
void append_pcap_packet(std::vector<std::byte>& file, const captured_packet& packet,
                        std::uint16_t identification);

}  // namespace rtpproxy
