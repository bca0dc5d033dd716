#define BOOST_TEST_MODULE capture_reader
#include "rtpproxy/capture/capture_reader.hpp"

#include "rtpproxy/capture/adhoc_format.hpp"
#include "rtpproxy/capture/pcap_format.hpp"

#include "support/hex_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>
#include <string>

using namespace rtpproxy;
using boost::asio::ip::make_address;
using test::from_hex;
using test::to_hex;
using test::operator+;
using octets = std::vector<std::byte>;

namespace {

std::string to_text(const endpoint& e) {
    std::ostringstream out;
    out << e;
    return out.str();
}

/// `microseconds source>destination payload`.
std::string to_text(const captured_packet& packet) {
    auto text = std::to_string(packet.when.time_since_epoch().count()) + ' ' + to_text(packet.source);
    if (packet.destination) text += '>' + to_text(*packet.destination);
    return text + ' ' + to_hex(packet.payload);
}

/// All packets, one a line, and the error that ended them: `!offset reason`.
std::string read_all(capture_reader& reader) {
    std::string lines;
    for (;;) {
        const auto next = reader.next();
        if (next.has_error())
            return lines + '!' + std::to_string(next.error().offset) + ' ' + next.error().reason;
        if (!*next) return lines;
        lines += to_text(**next) + '\n';
    }
}

std::string read_all(const octets& file) {
    capture_reader reader{std::span{file}};
    return read_all(reader);
}

skipped_packets skipped_in(const octets& file) {
    capture_reader reader{std::span{file}};
    BOOST_TEST(read_all(reader) == "");
    return reader.skipped();
}

const auto little_header = from_hex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000");
const auto big_header = from_hex("a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001");
const auto null_header = from_hex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 00000000");

const auto ethernet = from_hex("0000c0000202 0000c0000201 0800");
const auto ethernet6 = from_hex("000000000002 000000000001 86dd");
const auto ipv4 = from_hex("4500001f 00070000 7f11b7c3 c0000201 c0000202");
const auto udp = from_hex("0fa07530 000b0000 616263");
const auto ipv6 =
    from_hex("60000000 000b1140 20010db8000000000000000000000001 20010db8000000000000000000000002");
const std::string datagram_text = "1500000 192.0.2.1:4000>192.0.2.2:30000 616263\n";
const std::string datagram6_text = "1500000 [2001:db8::1]:4000>[2001:db8::2]:30000 616263\n";

octets little(std::uint32_t value) {
    return {std::byte(value), std::byte(value >> 8), std::byte(value >> 16), std::byte(value >> 24)};
}

/// A record of a little-endian file, at 1.5 seconds.
octets record(const octets& frame) {
    const auto length = little(static_cast<std::uint32_t>(frame.size()));
    return from_hex("01000000 20a10700") + length + length + frame;
}

}  // namespace

BOOST_AUTO_TEST_CASE(adhoc_of_a_little_endian_machine) {
    const auto file = from_hex(
        "0200 a08c 7f000001 000000000000000000000000 000000000000f83f 0400 80000001"
        "0a00 1234 20010db8000000000000000000010002 000000000000f83f 0000");
    BOOST_TEST(read_all(file) == "1500000 127.0.0.1:41100 80000001\n1500000 [2001:db8::1:2]:4660 \n");
}

BOOST_AUTO_TEST_CASE(adhoc_of_a_big_endian_machine) {
    const auto file = from_hex(
        "0002 a08c 7f000001 000000000000000000000000 3ff8000000000000 0001 80"
        "000a 1234 20010db8000000000000000000010002 3ff8000000000000 0000");
    BOOST_TEST(read_all(file) == "1500000 127.0.0.1:41100 80\n1500000 [2001:db8::1:2]:4660 \n");
}

BOOST_AUTO_TEST_CASE(nothing_is_an_empty_recording) {
    BOOST_TEST(read_all(octets{}) == "");
    BOOST_TEST(read_all(little_header) == "");
}

BOOST_AUTO_TEST_CASE(adhoc_errors_tell_the_offset) {
    const auto good = from_hex("0200 a08c 7f000001 000000000000000000000000 000000000000f83f 0100 80");
    const auto begins = "1500000 127.0.0.1:41100 80\n";
    BOOST_TEST(read_all(good + from_hex("02")) ==
               std::string{begins} + "!31 the file ends within the header of a packet");
    auto cut = good + good;
    cut.pop_back();
    BOOST_TEST(read_all(cut) == std::string{begins} + "!31 the file ends within a packet");
    BOOST_TEST(read_all(good + from_hex("0300")) ==
               std::string{begins} + "!31 neither a pcap nor an ad-hoc recording goes on like this");
    const auto not_a_number = from_hex("0200 a08c 7f000001 000000000000000000000000 000000000000f87f 0000");
    BOOST_TEST(read_all(not_a_number) == "!20 impossible time of arrival");
}

BOOST_AUTO_TEST_CASE(an_error_stays_and_tells_whether_the_file_was_cut_off) {
    const auto file = from_hex("0200a08c");
    capture_reader reader{std::span{file}};
    BOOST_TEST(reader.next().error().truncated);
    BOOST_TEST(reader.next().error().truncated);
    const auto other = from_hex("ffffffff");
    capture_reader of_other{std::span{other}};
    BOOST_TEST(!of_other.next().error().truncated);
}

BOOST_AUTO_TEST_CASE(pcap_of_either_byte_order) {
    BOOST_TEST(read_all(little_header + record(ethernet + ipv4 + udp)) == datagram_text);
    const auto big_record = from_hex("00000001 0007a120 0000002d 0000002d") + ethernet + ipv4 + udp;
    BOOST_TEST(read_all(big_header + big_record) == datagram_text);
}

BOOST_AUTO_TEST_CASE(pcap_with_nanoseconds) {
    auto header = little_header;
    header[0] = std::byte{0x4d};
    header[1] = std::byte{0x3c};
    auto nanoseconds = record(ethernet + ipv4 + udp);
    std::ranges::copy(little(500'000'999), nanoseconds.begin() + 4);
    BOOST_TEST(read_all(header + nanoseconds) == datagram_text);
}

BOOST_AUTO_TEST_CASE(pcap_of_ipv6) {
    BOOST_TEST(read_all(little_header + record(ethernet6 + ipv6 + udp)) == datagram6_text);
}

BOOST_AUTO_TEST_CASE(pcap_of_ipv6_with_extension_headers) {
    auto with_options = ipv6;
    with_options[5] = std::byte{11 + 16};
    with_options[6] = std::byte{0};                                                    // hop by hop, then
    const auto headers = from_hex("3c00000000000000") + from_hex("1100000000000000");  // destination options
    BOOST_TEST(read_all(little_header + record(ethernet6 + with_options + headers + udp)) == datagram6_text);
}

BOOST_AUTO_TEST_CASE(pcap_of_the_null_link) {
    const auto file =
        null_header + record(from_hex("02000000") + ipv4 + udp) + record(from_hex("0000001e") + ipv6 + udp);
    BOOST_TEST(read_all(file) == datagram_text + datagram6_text);
}

BOOST_AUTO_TEST_CASE(pcap_with_vlan_tags) {
    const auto tagged = from_hex("0000c0000202 0000c0000201 88a80001 81000002 0800");
    BOOST_TEST(read_all(little_header + record(tagged + ipv4 + udp)) == datagram_text);
}

BOOST_AUTO_TEST_CASE(padding_of_short_frames_is_no_payload) {
    const octets padding(13);
    BOOST_TEST(read_all(little_header + record(ethernet + ipv4 + udp + padding)) == datagram_text);
    BOOST_TEST(read_all(little_header + record(ethernet6 + ipv6 + udp + padding)) == datagram6_text);
}

BOOST_AUTO_TEST_CASE(fragments_are_passed_over) {
    auto first = ipv4;
    first[6] = std::byte{0x20};
    auto last = ipv4;
    last[7] = std::byte{1};
    auto sixth = ipv6;
    sixth[6] = std::byte{44};
    const auto file = little_header + record(ethernet + first + udp) + record(ethernet + last + udp) +
                      record(ethernet6 + sixth + udp);
    BOOST_TEST(skipped_in(file).fragments == 3);
}

BOOST_AUTO_TEST_CASE(other_protocols_are_passed_over) {
    auto tcp = ipv4;
    tcp[9] = std::byte{6};
    auto icmp6 = ipv6;
    icmp6[6] = std::byte{58};
    const auto arp = from_hex("ffffffffffff 000000000001 0806 0001");
    const auto file = little_header + record(ethernet + tcp + udp) + record(ethernet6 + icmp6 + udp) +
                      record(arp) + record(ethernet + from_hex("50"));
    BOOST_TEST(skipped_in(file).not_udp == 4);
}

BOOST_AUTO_TEST_CASE(incomplete_packets_are_passed_over) {
    auto long_udp = udp;
    long_udp[5] = std::byte{12};
    auto short_udp = udp;
    short_udp[5] = std::byte{7};
    auto short_header = ipv4;
    short_header[0] = std::byte{0x44};
    octets cut = ethernet + ipv4 + udp;
    cut.pop_back();
    octets cut6 = ethernet6 + ipv6 + udp;
    cut6.pop_back();
    const std::vector<octets> frames{ethernet + ipv4 + long_udp,
                                     ethernet + ipv4 + short_udp,
                                     ethernet + short_header + udp,
                                     cut,
                                     cut6,
                                     ethernet,
                                     from_hex("00"),
                                     octets{}};
    auto file = little_header;
    for (const auto& frame : frames)
        file = file + record(frame);
    BOOST_TEST(skipped_in(file).incomplete == frames.size());
}

BOOST_AUTO_TEST_CASE(pcap_errors_tell_the_offset) {
    BOOST_TEST(read_all(from_hex("d4c3b2a1 0200")) == "!0 the file ends within its header");
    auto version = little_header;
    version[4] = std::byte{3};
    BOOST_TEST(read_all(version) == "!4 pcap version 3.4 instead of 2.4");
    auto link = little_header;
    link[20] = std::byte{113};
    BOOST_TEST(read_all(link) == "!20 link type 113 is neither Ethernet (1) nor NULL (0)");
    BOOST_TEST(read_all(little_header + from_hex("01")) == "!24 the file ends within the header of a record");
    BOOST_TEST(read_all(little_header + from_hex("01000000 20a10700 02000000 02000000 00")) ==
               "!24 the file ends within a record");
    BOOST_TEST(read_all(little_header + from_hex("01000000 20a10700 01000400 01000400")) ==
               "!32 a record of 262145 octets");
}

BOOST_AUTO_TEST_CASE(a_stream_reads_like_memory) {
    const auto file = little_header + record(ethernet + ipv4 + udp) + record(ethernet6 + ipv6 + udp);
    std::istringstream stream(std::string(reinterpret_cast<const char*>(file.data()), file.size()));
    capture_reader reader{stream};
    BOOST_TEST(read_all(reader) == datagram_text + datagram6_text);
    BOOST_TEST((reader.format() == capture_format::pcap));
}

BOOST_AUTO_TEST_CASE(a_source_may_give_less_than_asked_for) {
    const auto file = little_header + record(ethernet + ipv4 + udp);
    std::size_t at = 0;
    capture_reader reader{[&](std::span<std::byte> to) {
        if (at == file.size()) return std::size_t{0};
        to[0] = file[at++];
        return std::size_t{1};
    }};
    BOOST_TEST(read_all(reader) == datagram_text);
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_the_same) {
    const auto payload = from_hex("80000001 00000002 00000003");
    for (const auto* address : {"192.0.2.1", "2001:db8::1"}) {
        const endpoint source{make_address(address), 4000};
        const captured_packet packet{wall_time{std::chrono::microseconds{1'234'567'890'123'456}}, source,
                                     endpoint{make_address(address), 30001}, payload};
        octets pcap, adhoc;
        append_pcap_file_header(pcap);
        append_pcap_packet(pcap, packet, 1);
        append_adhoc_packet(adhoc, packet);
        BOOST_TEST(read_all(pcap) == to_text(packet) + '\n');
        auto without_destination = packet;
        without_destination.destination.reset();
        BOOST_TEST(read_all(adhoc) == to_text(without_destination) + '\n');
    }
}
