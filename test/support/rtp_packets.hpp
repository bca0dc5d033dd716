#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rtpproxy::test {

/// An RTP packet (RFC 3550 §5.1) without CSRC list and extension.
struct rtp_fields {
    std::uint32_t ssrc = 0x1234;
    std::uint16_t sequence_number = 1;
    std::uint32_t timestamp = 0;
    std::uint8_t payload_type = 0;
    std::size_t payload_octets = 160;
};

inline std::vector<std::byte> make_rtp(const rtp_fields& f) {
    std::vector<std::byte> packet;
    const auto put = [&](std::uint32_t value, int octets) {
        for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
            packet.push_back(std::byte(value >> shift));
    };
    put(0x80, 1);
    put(f.payload_type, 1);
    put(f.sequence_number, 2);
    put(f.timestamp, 4);
    put(f.ssrc, 4);
    packet.resize(packet.size() + f.payload_octets, std::byte{0xd5});
    return packet;
}

}  // namespace rtpproxy::test
