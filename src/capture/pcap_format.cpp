#include "rtpproxy/capture/pcap_format.hpp"

#include "octets.hpp"
#include "pcap_numbers.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace rtpproxy {
namespace {

using octets = std::vector<std::byte>;
using hardware_address = std::array<std::byte, 6>;

template <std::size_t Count>
std::array<std::byte, Count> to_bytes(const std::array<unsigned char, Count>& address) {
    std::array<std::byte, Count> bytes;
    std::ranges::transform(address, bytes.begin(), [](unsigned char octet) { return std::byte{octet}; });
    return bytes;
}

void append_all(octets& to, std::span<const std::byte> more) {
    to.insert(to.end(), more.begin(), more.end());
}

hardware_address hardware_address_of(const std::array<std::byte, 4>& address) {
    hardware_address made{};
    std::ranges::copy(address, made.begin() + 2);
    return made;
}

hardware_address hardware_address_of(const std::array<std::byte, 16>& address) {
    hardware_address made{};
    for (std::size_t i = 0; i < address.size(); ++i)
        made[i % made.size()] ^= address[i];
    return made;
}

/// The sum behind the checksums of IPv4 and UDP (RFC 1071): of 16-bit words, an odd last octet being the
/// upper half of one.
class checksum {
  public:
    void add(std::span<const std::byte> data) noexcept {
        for (std::size_t i = 0; i + 1 < data.size(); i += 2)
            sum_ += load_big<std::uint16_t>(data.subspan(i));
        if (data.size() % 2 != 0) sum_ += std::to_integer<std::uint32_t>(data.back()) << 8;
    }
    void add(std::uint32_t number) noexcept { sum_ += (number >> 16) + (number & 0xffff); }

    [[nodiscard]] std::uint16_t value() const noexcept {
        auto folded = sum_;
        while (folded > 0xffff)
            folded = (folded >> 16) + (folded & 0xffff);
        return static_cast<std::uint16_t>(~folded);
    }

  private:
    std::uint64_t sum_ = 0;
};

void store_big(octets& in, std::size_t at, std::uint16_t value) {
    in[at] = std::byte(value >> 8);
    in[at + 1] = std::byte(value & 0xff);
}

template <typename Address>
struct addresses {
    Address source;
    Address destination;
};

template <typename Address>
void append_ethernet(octets& frame, const addresses<Address>& of, std::uint16_t type) {
    append_all(frame, hardware_address_of(of.destination));
    append_all(frame, hardware_address_of(of.source));
    append_big(frame, type);
}

void append_ip(octets& frame, const addresses<std::array<std::byte, 4>>& of, std::size_t udp_octets,
               std::uint16_t identification) {
    append_ethernet(frame, of, pcap::ethernet_ipv4);
    const auto start = frame.size();
    append_big(frame, std::uint16_t{0x4500});  // version, header of five words; TOS 0
    append_big(frame, static_cast<std::uint16_t>(pcap::ipv4_header_octets + udp_octets));
    append_big(frame, identification);
    append_big(frame, std::uint16_t{0});  // no fragment
    constexpr std::uint8_t time_to_live = 127;
    append_big(frame, time_to_live);
    append_big(frame, pcap::protocol_udp);
    append_big(frame, std::uint16_t{0});
    append_all(frame, of.source);
    append_all(frame, of.destination);
    checksum header;
    header.add(std::span{frame}.subspan(start));
    store_big(frame, start + 10, header.value());
}

void append_ip(octets& frame, const addresses<std::array<std::byte, 16>>& of, std::size_t udp_octets,
               std::uint16_t /*IPv6 has no identification*/) {
    append_ethernet(frame, of, pcap::ethernet_ipv6);
    append_big(frame, std::uint32_t{0x60000000});  // version; no traffic class, no flow label
    append_big(frame, static_cast<std::uint16_t>(udp_octets));
    append_big(frame, pcap::protocol_udp);
    constexpr std::uint8_t hop_limit = 64;
    append_big(frame, hop_limit);
    append_all(frame, of.source);
    append_all(frame, of.destination);
}

template <typename Address>
void append_udp(octets& frame, const addresses<Address>& of, std::uint16_t source_port,
                std::uint16_t destination_port, std::span<const std::byte> payload) {
    const auto start = frame.size();
    const auto length = static_cast<std::uint16_t>(pcap::udp_header_octets + payload.size());
    append_big(frame, source_port);
    append_big(frame, destination_port);
    append_big(frame, length);
    append_big(frame, std::uint16_t{0});
    append_all(frame, payload);

    // The checksum covers a pseudo-header as well (RFC 768, RFC 8200 §8.1). 0 would mean that there is none.
    checksum sum;
    sum.add(of.source);
    sum.add(of.destination);
    sum.add(std::uint32_t{length});
    sum.add(std::uint32_t{pcap::protocol_udp});
    sum.add(std::span{frame}.subspan(start));
    store_big(frame, start + 6, sum.value() == 0 ? std::uint16_t{0xffff} : sum.value());
}

template <typename Address>
void append_frame(octets& file, const captured_packet& packet, const addresses<Address>& of,
                  std::uint16_t identification) {
    // 1. Room for the record header, whose lengths are known in the end.
    const auto record = file.size();
    const auto since_1970 = packet.when.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since_1970);
    append_native(file, static_cast<std::uint32_t>(whole.count()));
    append_native(file, static_cast<std::uint32_t>((since_1970 - whole).count()));
    append_native(file, std::uint32_t{0});
    append_native(file, std::uint32_t{0});

    // 2. The frame.
    const auto start = file.size();
    append_ip(file, of, pcap::udp_header_octets + packet.payload.size(), identification);
    const auto destination_port = packet.destination ? packet.destination->port() : std::uint16_t{0};
    append_udp(file, of, packet.source.port(), destination_port, packet.payload);

    // 3. What of it is kept.
    const auto original = static_cast<std::uint32_t>(file.size() - start);
    const auto kept = std::min(original, pcap::snap_length);
    file.resize(start + kept);
    octets lengths;
    append_native(lengths, kept);
    append_native(lengths, original);
    std::ranges::copy(lengths, file.begin() + static_cast<std::ptrdiff_t>(record) + 8);
}

}  // namespace

void append_pcap_file_header(octets& file) {
    append_native(file, pcap::magic_microseconds);
    append_native(file, pcap::major_version);
    append_native(file, pcap::minor_version);
    append_native(file, std::uint32_t{0});  // time zone
    append_native(file, std::uint32_t{0});  // accuracy
    append_native(file, pcap::snap_length);
    append_native(file, pcap::link_ethernet);
}

void append_pcap_packet(octets& file, const captured_packet& packet, std::uint16_t identification) {
    const auto source = packet.source.address();
    const auto destination = packet.destination ? packet.destination->address() : boost::asio::ip::address{};
    if (source.is_v6()) {
        const auto to = destination.is_v6() ? destination.to_v6() : boost::asio::ip::address_v6{};
        const addresses<std::array<std::byte, 16>> both{to_bytes(source.to_v6().to_bytes()),
                                                        to_bytes(to.to_bytes())};
        return append_frame(file, packet, both, identification);
    }
    const auto to = destination.is_v4() ? destination.to_v4() : boost::asio::ip::address_v4{};
    const addresses<std::array<std::byte, 4>> both{to_bytes(source.to_v4().to_bytes()),
                                                   to_bytes(to.to_bytes())};
    append_frame(file, packet, both, identification);
}

}  // namespace rtpproxy
