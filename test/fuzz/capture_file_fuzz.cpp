// Files of recordings, pcap and ad-hoc. What is read must lie within bounds; whole packets that are written
// again must read the same.

#include "rtpproxy/capture/adhoc_format.hpp"
#include "rtpproxy/capture/capture_reader.hpp"
#include "rtpproxy/capture/pcap_format.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

void check_same(const captured_packet& packet, std::span<const std::byte> file, capture_format format) {
    capture_reader reader{file};
    const auto again = reader.next();
    require(again.has_value() && again->has_value(), "cannot be read again");
    const auto& read = **again;
    require(read.source == packet.source, "source");
    require(std::ranges::equal(read.payload, packet.payload), "payload");
    require(reader.format() == format, "format");
    if (format == capture_format::pcap) require(read.destination == packet.destination, "destination");
    const auto end = reader.next();
    require(end.has_value() && !end->has_value(), "more than was written");
}

void check_writers(const captured_packet& packet) {
    std::vector<std::byte> file;
    append_adhoc_packet(file, packet);
    check_same(packet, file, capture_format::adhoc);
    constexpr std::size_t surely_whole = 65000;
    if (!packet.destination || packet.payload.size() > surely_whole) return;
    file.clear();
    append_pcap_file_header(file);
    append_pcap_packet(file, packet, 0);
    check_same(packet, file, capture_format::pcap);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy, so that reading beyond its end is seen.
    const std::vector<std::byte> file(reinterpret_cast<const std::byte*>(data),
                                      reinterpret_cast<const std::byte*>(data) + size);
    capture_reader reader{std::span{file}};
    std::size_t packets = 0;
    for (;;) {
        const auto next = reader.next();
        if (next.has_error()) {
            require(next.error().offset <= size && !next.error().reason.empty(), "error");
            break;
        }
        if (!*next) break;
        const auto& packet = **next;
        require(packet.payload.size() <= size, "longer than the file");
        require(packet.destination.has_value() == (reader.format() == capture_format::pcap), "destination");
        if (++packets <= 4) check_writers(packet);
    }
    const auto& skipped = reader.skipped();
    require(packets + skipped.fragments + skipped.not_udp + skipped.incomplete <= size, "more than octets");
    return 0;
}
