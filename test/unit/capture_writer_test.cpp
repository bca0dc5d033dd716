#define BOOST_TEST_MODULE capture_writer
// What recordings look like octet by octet. The octets are those of a little-endian machine.
#include "rtpproxy/capture/adhoc_format.hpp"
#include "rtpproxy/capture/pcap_format.hpp"
#include "rtpproxy/capture/wav_header.hpp"

#include "support/hex_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>

using namespace rtpproxy;
using boost::asio::ip::make_address;
using test::from_hex;
using test::to_hex;

namespace {

// 1.5 s after 1970: as a double 3ff8000000000000.
const wall_time when{std::chrono::milliseconds{1500}};

boost::test_tools::assertion_result is_little_endian(boost::unit_test::test_unit_id) {
    return std::endian::native == std::endian::little;
}

std::string adhoc(const captured_packet& packet) {
    std::vector<std::byte> file;
    append_adhoc_packet(file, packet);
    return to_hex(file);
}

std::vector<std::byte> pcap(const captured_packet& packet, std::uint16_t identification = 0) {
    std::vector<std::byte> file;
    append_pcap_packet(file, packet, identification);
    return file;
}

std::string octets_at(const std::vector<std::byte>& file, std::size_t at, std::size_t count) {
    return to_hex(std::span{file}.subspan(at, count));
}

std::string digits(std::string_view text) {
    return to_hex(from_hex(text));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(formats, *boost::unit_test::precondition(is_little_endian))

BOOST_AUTO_TEST_CASE(adhoc_has_source_time_and_length_in_front_of_the_payload) {
    const auto payload = from_hex("8000 0001");
    const captured_packet packet{when, {make_address("127.0.0.1"), 41100}, std::nullopt, payload};
    BOOST_TEST(adhoc(packet) == digits("0200 a08c 7f000001 000000000000000000000000"
                                       "000000000000f83f 0400 80000001"));
}

BOOST_AUTO_TEST_CASE(adhoc_has_room_for_ipv6) {
    const captured_packet packet{when, {make_address("2001:db8::1:2"), 0x1234}, std::nullopt, {}};
    BOOST_TEST(adhoc(packet) == digits("0a00 1234 20010db8000000000000000000010002"
                                       "000000000000f83f 0000"));
}

BOOST_AUTO_TEST_CASE(adhoc_cuts_what_its_length_cannot_tell) {
    const std::vector<std::byte> payload(65536);
    std::vector<std::byte> file;
    append_adhoc_packet(file, {when, {make_address("127.0.0.1"), 1}, std::nullopt, payload});
    BOOST_TEST(file.size() == adhoc_header_octets + 65535);
    BOOST_TEST(octets_at(file, 28, 2) == "ffff");
}

BOOST_AUTO_TEST_CASE(pcap_begins_with_a_header) {
    std::vector<std::byte> file;
    append_pcap_file_header(file);
    BOOST_TEST(to_hex(file) == digits("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000"));
    BOOST_TEST(file.size() == pcap_file_header_octets);
}

BOOST_AUTO_TEST_CASE(pcap_of_ipv4) {
    const auto payload = from_hex("616263");  // an odd number of octets
    const captured_packet packet{
        when, {make_address("192.0.2.1"), 4000}, endpoint{make_address("192.0.2.2"), 30000}, payload};
    // Sums by hand. IPv4: 4500+001f+0007+7f11+c000+0201+c000+0202 = 2483a, folded 483c, inverted b7c3.
    // UDP: c000+0201+c000+0202+000b+0011 + 0fa0+7530+000b + 6162+6300 = 2cd5c, folded cd5e, inverted 32a1.
    BOOST_TEST(to_hex(pcap(packet, 7)) == digits("01000000 20a10700 2d000000 2d000000"
                                                 "0000c0000202 0000c0000201 0800"
                                                 "4500001f 00070000 7f11b7c3 c0000201 c0000202"
                                                 "0fa07530 000b32a1 616263"));
}

BOOST_AUTO_TEST_CASE(pcap_of_ipv6) {
    const auto payload = from_hex("8000");
    const captured_packet packet{
        when, {make_address("2001:db8::1"), 4000}, endpoint{make_address("2001:db8::2"), 30000}, payload};
    // Hardware address of 2001:0db8:0:0:0:0:0:1: octets 0 to 5 are 20010db80000, 6 to 11 are 0, 12 to 15 are
    // 00000001. Octet 15 falls on place 3: b8 ^ 01 = b9. Of ::2 likewise ba. UDP: 2*(2001+0db8)+1+2 +
    // 000a+0011 + 0fa0+7530+000a + 8000 = 1606a, folded 606b, inverted 9f94.
    BOOST_TEST(to_hex(pcap(packet)) == digits("01000000 20a10700 40000000 40000000"
                                              "20010dba0000 20010db90000 86dd"
                                              "60000000 000a1140 20010db8000000000000000000000001"
                                              "20010db8000000000000000000000002"
                                              "0fa07530 000a9f94 8000"));
}

BOOST_AUTO_TEST_CASE(pcap_without_a_destination_has_zeros) {
    const captured_packet packet{when, {make_address("192.0.2.1"), 4000}, std::nullopt, {}};
    const auto file = pcap(packet);
    BOOST_TEST(octets_at(file, 16, 6) == "000000000000");
    BOOST_TEST(octets_at(file, 16 + 14 + 16, 4) == "00000000");
    BOOST_TEST(octets_at(file, 16 + 14 + 20 + 2, 2) == "0000");
}

BOOST_AUTO_TEST_CASE(pcap_never_says_that_there_is_no_checksum) {
    // 1+2+000a+0011+1111+15d6+000a = 270f: with d8f0 it is ffff, inverted 0, which would mean no checksum.
    const auto payload = from_hex("d8f0");
    const auto smaller_payload = from_hex("d8ed");
    captured_packet packet{
        when, {make_address("0.0.0.1"), 0x1111}, endpoint{make_address("0.0.0.2"), 0x15d6}, payload};
    constexpr std::size_t checksum_at = 16 + 14 + 20 + 6;
    BOOST_TEST(octets_at(pcap(packet), checksum_at, 2) == "ffff");
    packet.payload = smaller_payload;
    BOOST_TEST(octets_at(pcap(packet), checksum_at, 2) == "0003");
}

BOOST_AUTO_TEST_CASE(pcap_cuts_frames_beyond_the_snap_length_and_says_so) {
    const std::vector<std::byte> payload(65507);
    const captured_packet packet{
        when, {make_address("127.0.0.1"), 1}, endpoint{make_address("127.0.0.1"), 2}, payload};
    const auto file = pcap(packet);
    BOOST_TEST(file.size() == 16 + 65535);
    BOOST_TEST(octets_at(file, 8, 8) == digits("ffff0000 0d000100"));  // 65535 of 65549
}

BOOST_AUTO_TEST_CASE(wav_header_of_stereo) {
    const auto header =
        make_wav_header({.samples_per_second = 8000, .channels = 2, .data_octets = 0x01020304});
    BOOST_TEST(to_hex(header) == digits("52494646 28030201 57415645 666d7420 10000000 0100 0200"
                                        "401f0000 007d0000 0400 1000 64617461 04030201"));
}

BOOST_AUTO_TEST_SUITE_END()
