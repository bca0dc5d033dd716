#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtpproxy::bench {

using bench_clock = std::chrono::steady_clock;

/// A 20 ms G.711 packet: 12 octets of header, 160 of payload.
inline constexpr std::size_t packet_octets = 172;
using packet_buffer = std::array<std::byte, packet_octets>;

/// What a packet says about itself, within its payload.
struct packet_stamp {
    std::uint32_t phase = 0;   ///< which measurement it belongs to
    std::uint32_t stream = 0;  ///< also in the SSRC
    std::uint64_t number = 0;  ///< within the stream; its low 16 bits are the sequence number
    bench_clock::time_point sent_at{};
};

/// Writes a valid RTP packet (RFC 3550 §5.1, payload type 0) that carries `stamp`; the rest of the payload is
/// a pattern that follows from it.
void write_packet(packet_buffer& packet, const packet_stamp& stamp) noexcept;

/// The stamp of a packet; empty when any octet differs from what write_packet() wrote.
[[nodiscard]] std::optional<packet_stamp> read_packet(std::span<const std::byte> datagram) noexcept;

}  // namespace rtpproxy::bench
