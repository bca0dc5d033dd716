#include "load/test_packet.hpp"

#include <boost/endian/conversion.hpp>

#include <cstring>

namespace rtpproxy::bench {
namespace {

struct wire_header {
    std::uint8_t version_and_flags;
    std::uint8_t payload_type;
    std::uint16_t sequence_number;
    std::uint32_t timestamp;
    std::uint32_t ssrc;
};
struct wire_stamp {
    std::uint64_t number;
    std::int64_t sent_at;
    std::uint32_t phase;
    std::uint32_t stream;
};
constexpr std::size_t stamp_offset = sizeof(wire_header);
constexpr std::size_t pattern_offset = stamp_offset + sizeof(wire_stamp);
constexpr std::size_t pattern_octets = packet_octets - pattern_offset;
static_assert(stamp_offset == 12);

// Another stretch of these octets for each packet.
constexpr std::size_t pattern_starts = 251;
constexpr auto pattern = [] {
    std::array<std::byte, pattern_octets + pattern_starts> octets{};
    std::uint32_t state = 1;
    for (auto& each : octets) {
        state = state * 1664525 + 1013904223;
        each = std::byte(state >> 24);
    }
    return octets;
}();

const std::byte* pattern_of(const wire_stamp& stamp) noexcept {
    return pattern.data() + (stamp.number + stamp.stream) % pattern_starts;
}

wire_header header_of(const wire_stamp& stamp) noexcept {
    using boost::endian::native_to_big;
    constexpr std::uint32_t samples = 160;
    return {.version_and_flags = 0x80,
            .payload_type = 0,
            .sequence_number = native_to_big(static_cast<std::uint16_t>(stamp.number)),
            .timestamp = native_to_big(static_cast<std::uint32_t>(stamp.number) * samples),
            .ssrc = native_to_big(0x51000000u + stamp.stream)};
}

}  // namespace

void write_packet(packet_buffer& packet, const packet_stamp& stamp) noexcept {
    const wire_stamp written{stamp.number, stamp.sent_at.time_since_epoch().count(), stamp.phase,
                             stamp.stream};
    const auto header = header_of(written);
    std::memcpy(packet.data(), &header, sizeof header);
    std::memcpy(packet.data() + stamp_offset, &written, sizeof written);
    std::memcpy(packet.data() + pattern_offset, pattern_of(written), pattern_octets);
}

std::optional<packet_stamp> read_packet(std::span<const std::byte> datagram) noexcept {
    if (datagram.size() != packet_octets) return std::nullopt;
    wire_stamp read{};
    std::memcpy(&read, datagram.data() + stamp_offset, sizeof read);
    const auto header = header_of(read);
    if (std::memcmp(datagram.data(), &header, sizeof header) != 0) return std::nullopt;
    if (std::memcmp(datagram.data() + pattern_offset, pattern_of(read), pattern_octets) != 0)
        return std::nullopt;
    return packet_stamp{read.phase, read.stream, read.number,
                        bench_clock::time_point{bench_clock::duration{read.sent_at}}};
}

}  // namespace rtpproxy::bench
