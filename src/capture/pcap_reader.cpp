#include "pcap_reader.hpp"

#include "rtpproxy/capture/pcap_format.hpp"

#include "pcap_frame.hpp"
#include "pcap_numbers.hpp"

#include <string>

namespace rtpproxy {
namespace {

struct magic {
    byte_order order;
    bool nanoseconds;
};

std::optional<magic> read_magic(std::span<const std::byte> beginning) noexcept {
    if (beginning.size() < 4) return std::nullopt;
    for (const auto order : {byte_order::little, byte_order::big}) {
        const auto number = load<std::uint32_t>(beginning, order);
        if (number == pcap::magic_microseconds) return magic{order, false};
        if (number == pcap::magic_nanoseconds) return magic{order, true};
    }
    return std::nullopt;
}

}  // namespace

bool pcap_reader::recognises(std::span<const std::byte> beginning) noexcept {
    return read_magic(beginning).has_value();
}

std::optional<capture_error> pcap_reader::read_file_header(octet_stream& file) {
    constexpr std::size_t version_at = 4;
    constexpr std::size_t link_type_at = 20;
    const auto header = file.read(pcap_file_header_octets);
    if (header.size() < pcap_file_header_octets)
        return capture_error{0, "the file ends within its header", true};
    const auto found = *read_magic(header);
    order_ = found.order;
    nanoseconds_ = found.nanoseconds;
    const auto major = load<std::uint16_t>(header.subspan(version_at), order_);
    const auto minor = load<std::uint16_t>(header.subspan(version_at + 2), order_);
    if (major != pcap::major_version || minor != pcap::minor_version)
        return capture_error{version_at, "pcap version " + std::to_string(major) + '.' +
                                             std::to_string(minor) + " instead of 2.4"};
    link_type_ = load<std::uint32_t>(header.subspan(link_type_at), order_);
    if (link_type_ != pcap::link_ethernet && link_type_ != pcap::link_null)
        return capture_error{link_type_at, "link type " + std::to_string(link_type_) +
                                               " is neither Ethernet (1) nor NULL (0)"};
    header_read_ = true;
    return std::nullopt;
}

wall_time pcap_reader::time_of(std::span<const std::byte> record_header) const noexcept {
    constexpr std::uint32_t to_microseconds = 1000;
    const auto fraction = load<std::uint32_t>(record_header.subspan(4), order_);
    return wall_time{std::chrono::seconds{load<std::uint32_t>(record_header, order_)} +
                     std::chrono::microseconds{nanoseconds_ ? fraction / to_microseconds : fraction}};
}

capture_reader::next_packet pcap_reader::read_packet(octet_stream& file, skipped_packets& skipped) {
    if (!header_read_)
        if (auto error = read_file_header(file)) return *std::move(error);
    for (;;) {
        // 1. The record.
        const auto start = file.offset();
        const auto header = file.read(pcap::record_header_octets);
        if (header.empty()) return std::optional<captured_packet>{};
        if (header.size() < pcap::record_header_octets)
            return capture_error{start, "the file ends within the header of a record", true};
        captured_packet packet{time_of(header), {}, {}, {}};
        const std::size_t length = load<std::uint32_t>(header.subspan(8), order_);
        if (length > pcap::longest_record)
            return capture_error{start + 8, "a record of " + std::to_string(length) + " octets"};
        const auto record = file.read(length);
        if (record.size() < length) return capture_error{start, "the file ends within a record", true};

        // 2. What is in it.
        if (read_frame(record, link_type_, packet, skipped)) return std::optional{packet};
    }
}

}  // namespace rtpproxy
