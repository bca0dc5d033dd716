#define BOOST_TEST_MODULE media_datagram
#include "rtpproxy/rtp/media_datagram.hpp"

#include "support/hex_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::string_view_literals;

namespace {

std::vector<std::byte> octets_of(std::string_view text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

std::string zeros(std::size_t octets) {
    return std::string(2 * octets, '0');
}

struct sample {
    std::string_view name;
    std::string hex;
    datagram_kind kind;
};

const std::string stun_cookie = "2112a442";
const std::string transaction = "0102030405060708090a0b0c";
const std::string dtls_number = "0000000000000001";

}  // namespace

namespace rtpproxy {
std::ostream& operator<<(std::ostream& out, datagram_kind kind) {
    return out << static_cast<int>(kind);
}
}  // namespace rtpproxy

BOOST_AUTO_TEST_CASE(kinds_are_told_by_their_form) {
    using enum datagram_kind;
    const std::vector<sample> samples{
        {"nothing", "", other},
        {"RTP, header only", "80 00 0001 000000a0 12345678", rtp},
        {"RTP whose extension does not fit", "90 00 0001 000000a0 12345678", rtp},
        {"RTP cut short", "80 00 0001 000000a0 123456", other},
        {"RTP of version 1", "40 00 0001 000000a0 12345678", other},
        {"RTP of version 3", "c0 00 0001 000000a0 12345678", other},
        {"empty receiver report", "80 c9 0001 12345678", rtp},
        {"full intra-frame request", "80 c0 0001 12345678", rtp},
        {"report cut short", "80 c9 0001 123456", other},
        {"8 octets that are no RTCP", "80 00 0001 12345678", other},
        {"STUN binding request", "0001 0000" + stun_cookie + transaction, stun},
        {"STUN with an attribute", "0101 0004" + stun_cookie + transaction + "80220000", stun},
        {"STUN with more than it says", "0001 0000" + stun_cookie + transaction + "80220000", other},
        {"STUN with less than it says", "0001 0004" + stun_cookie + transaction, other},
        {"STUN of an odd length", "0001 0003" + stun_cookie + transaction + "802200", other},
        {"STUN without its cookie", "0001 0000 2112a443" + transaction, other},
        {"STUN cut short", "0001 0000" + stun_cookie + "0102030405060708090a0b", other},
        {"DTLS 1.2 handshake", "16 fefd" + dtls_number + "0004 01020304", dtls},
        {"DTLS 1.0, two records", "14 feff" + dtls_number + "0001 01 16 fefd" + dtls_number + "0000", dtls},
        {"DTLS that does not fit", "16 fefd" + dtls_number + "0005 01020304", other},
        {"DTLS of another version", "16 0303" + dtls_number + "0000", other},
        {"no DTLS content", "1a fefd" + dtls_number + "0000", other},
        {"DTLS cut short", "16 fefd" + dtls_number + "00", other},
        {"ZRTP", "1000 0001 5a525450 12345678 505a 0003" + zeros(12), zrtp},
        {"ZRTP without its cookie", "1000 0001 5a525451 12345678 505a 0003" + zeros(12), other},
        {"ZRTP without a message", "1000 0001 5a525450 12345678 505b 0003" + zeros(12), other},
        {"ZRTP cut short", "1000 0001 5a525450 12345678 505a 0003" + zeros(11), other},
        {"UDPTL, nothing earlier", "0007 01 ab 00 00", udptl},
        {"UDPTL, two earlier packets", "2007 02 abcd 00 02 01 ab 00", udptl},
        {"UDPTL of 200 octets", "0007 80c8" + zeros(200) + "00 00", udptl},
        {"UDPTL with error correction", "0007 01 ab 80 01 03 02 01 aa 02 bbcc", udptl},
        {"UDPTL with an octet too many", "0007 01 ab 00 00 00", other},
        {"UDPTL with an octet too few", "0007 01 ab 00 01 02 ab", other},
        {"UDPTL without a primary packet", "0007 00 00 00", other},
        {"UDPTL that ends with its primary packet", "0007 01 ab", other},
        {"UDPTL of fragments", "0007 c1" + zeros(16384) + "00 00", other},
        {"UDPTL with another recovery", "0007 01 ab 40 00", other},
        {"UDPTL, correction of no packets", "0007 01 ab 80 00 00", other},
        {"UDPTL, correction of too many packets", "0007 01 ab 80 05 0000000001 00", other},
    };
    for (const auto& each : samples)
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(recognise_datagram(from_hex(each.hex)) == each.kind);
        }
}

BOOST_AUTO_TEST_CASE(no_beginning_of_what_is_recognised_is_recognised_as_anything_but_rtp) {
    const std::vector<std::string> whole{
        "0101 0004" + stun_cookie + transaction + "80220000", "16 fefd" + dtls_number + "0004 01020304",
        "1000 0001 5a525450 12345678 505a 0003" + zeros(12), "2007 02 abcd 00 02 01 ab 00"};
    for (const auto& hex : whole) {
        const auto datagram = from_hex(hex);
        for (std::size_t octets = 0; octets < datagram.size(); ++octets)
            BOOST_TEST(recognise_datagram(std::span{datagram}.first(octets)) == datagram_kind::other);
    }
}

BOOST_AUTO_TEST_CASE(fax_that_is_not_well_formed_may_be_fax) {
    for (const auto* hex :
         {"0007 01 ab 00 00", "0007 01 ab 6c 00", "0007 02 abcd 6c 0000", "0007 01 ab 00 01 05"})
        BOOST_TEST(may_be_udptl(from_hex(hex)), hex);
    for (const auto* hex :
         {"", "0007", "0007 01", "0007 01 ab", "0007 01 ab 00", "0007 00 00 00", "0007 09 ab 00 00",
          "0007 c1 ab 00 00", "0001 0000 2112a442 0102030405060708090a0b0c"})
        BOOST_TEST(!may_be_udptl(from_hex(hex)), hex);
}

BOOST_AUTO_TEST_CASE(text_is_nothing) {
    for (const auto text : {"zz D call from to"sv, "12_34 X"sv, "cookie C udp:192.0.2.1:5000 call from to"sv,
                            "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\n\r\n"sv, "\r\n\r\n"sv,
                            "{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\"}"sv, ":get_statistics:fifo\n"sv,
                            "<13>Nov 30 10:00:00 host program: text"sv}) {
        BOOST_TEST(recognise_datagram(octets_of(text)) == datagram_kind::other, text);
        BOOST_TEST(begins_like_text(octets_of(text)), text);
    }
}

BOOST_AUTO_TEST_CASE(text_made_to_look_like_fax_is_nothing) {
    // Lengths that are letters, and UTF-8 whose last octet is that of error correction.
    std::string fax = "zz " + std::string(31, 'x') + "\xc3\x80";
    for (const char length : {' ', '\t', '\n', '!'}) {
        const auto text = fax + length + std::string(200, ' ');
        BOOST_TEST(recognise_datagram(octets_of(text)) == datagram_kind::other);
    }
}

BOOST_AUTO_TEST_CASE(every_text_of_two_octets_and_more_is_nothing) {
    // Whatever length the third octet of a text means, the rest of it cannot be fax.
    std::string text = "zz";
    for (int c = 0x20; c < 0x7f; ++c)
        for (std::size_t octets = 0; octets < 400; ++octets)
            if (recognise_datagram(octets_of(text + static_cast<char>(c) + std::string(octets, 'D'))) !=
                datagram_kind::other)
                BOOST_ERROR("text of " << octets << " octets after " << c);
}

BOOST_AUTO_TEST_CASE(what_text_begins_with) {
    BOOST_TEST(!begins_like_text({}));
    for (const auto text : {" "sv, "~"sv, "\t"sv, "\n"sv, "\r"sv, "0"sv})
        BOOST_TEST(begins_like_text(octets_of(text)));
    for (const auto text : {"\0"sv, "\x1f"sv, "\x7f"sv, "\x80"sv, "\xff"sv, "\b"sv, "\v"sv})
        BOOST_TEST(!begins_like_text(octets_of(text)));
}
