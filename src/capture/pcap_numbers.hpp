#pragma once

#include <cstddef>
#include <cstdint>

/// Numbers of pcap files and of the headers in them.
namespace rtpproxy::pcap {

inline constexpr std::uint32_t magic_microseconds = 0xa1b2c3d4;
inline constexpr std::uint32_t magic_nanoseconds = 0xa1b23c4d;
inline constexpr std::uint16_t major_version = 2;
inline constexpr std::uint16_t minor_version = 4;
inline constexpr std::uint32_t snap_length = 65535;
inline constexpr std::uint32_t link_null = 0;
inline constexpr std::uint32_t link_ethernet = 1;

inline constexpr std::size_t record_header_octets = 16;
inline constexpr std::size_t longest_record = 262144;  // the largest snap length of the usual programs

inline constexpr std::size_t ethernet_header_octets = 14;
inline constexpr std::uint16_t ethernet_ipv4 = 0x0800;
inline constexpr std::uint16_t ethernet_ipv6 = 0x86dd;
inline constexpr std::uint16_t ethernet_vlan = 0x8100;
inline constexpr std::uint16_t ethernet_service_vlan = 0x88a8;

inline constexpr std::size_t ipv4_header_octets = 20;
inline constexpr std::size_t ipv6_header_octets = 40;
inline constexpr std::size_t udp_header_octets = 8;
inline constexpr std::uint8_t protocol_udp = 17;

}  // namespace rtpproxy::pcap
