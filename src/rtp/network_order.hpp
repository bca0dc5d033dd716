#pragma once

#include <boost/endian/conversion.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtpproxy {

using octets_view = std::span<const std::byte>;

// The octet, or the number in network byte order, at `offset`, which is within the datagram.

[[nodiscard]] inline unsigned octet_at(octets_view datagram, std::size_t offset) noexcept {
    return std::to_integer<unsigned>(datagram[offset]);
}

[[nodiscard]] inline std::uint16_t u16_at(octets_view datagram, std::size_t offset) noexcept {
    return boost::endian::load_big_u16(reinterpret_cast<const unsigned char*>(datagram.data() + offset));
}

[[nodiscard]] inline std::uint32_t u32_at(octets_view datagram, std::size_t offset) noexcept {
    return boost::endian::load_big_u32(reinterpret_cast<const unsigned char*>(datagram.data() + offset));
}

}  // namespace rtpproxy
