#define BOOST_TEST_MODULE rtp_header
#include "rtpproxy/rtp/rtp_header.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

using namespace rtpproxy;

namespace {

using octets = std::vector<std::byte>;

octets operator+(octets lhs, const octets& rhs) {
    lhs.insert(lhs.end(), rhs.begin(), rhs.end());
    return lhs;
}

octets bytes(std::initializer_list<unsigned> values) {
    octets result;
    for (const auto value : values)
        result.push_back(static_cast<std::byte>(value));
    return result;
}

octets zeros(std::size_t count) {
    return octets(count, std::byte{0});
}

/// A fixed header whose first octet is `first`: payload type 8, sequence number 0x1234, and so on.
octets fixed_header(unsigned first) {
    return bytes({first, 8, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34});
}

constexpr unsigned plain = 0x80;
constexpr unsigned padding_bit = 0x20;
constexpr unsigned extension_bit = 0x10;

}  // namespace

BOOST_AUTO_TEST_CASE(fields_of_the_fixed_header_are_read) {
    const auto header = read_rtp_header(fixed_header(plain) + zeros(160));
    BOOST_REQUIRE(header.has_value());
    BOOST_TEST(header->sequence_number == 0x1234);
    BOOST_TEST(header->timestamp == 0x56789abcU);
    BOOST_TEST(header->ssrc == 0xdef01234U);
    BOOST_TEST(header->payload_type == 8);
    BOOST_TEST(!header->marker);
    BOOST_TEST(header->header_octets == 12);
    BOOST_TEST(header->payload_octets == 160);
}

BOOST_AUTO_TEST_CASE(marker_is_not_part_of_the_payload_type) {
    auto datagram = fixed_header(plain);
    datagram[1] = std::byte{0x80 | 101};
    const auto header = read_rtp_header(datagram);
    BOOST_REQUIRE(header.has_value());
    BOOST_TEST(header->marker);
    BOOST_TEST(header->payload_type == 101);
}

BOOST_AUTO_TEST_CASE(lengths_of_header_and_payload_are_measured) {
    struct {
        std::string name;
        octets datagram;
        unsigned header_octets;
        unsigned payload_octets;
    } const cases[] = {
        {"nothing but the header", fixed_header(plain), 12, 0},
        {"two CSRCs", fixed_header(plain | 2) + zeros(8 + 5), 20, 5},
        {"fifteen CSRCs", fixed_header(plain | 15) + zeros(60), 72, 0},
        {"empty extension", fixed_header(plain | extension_bit) + bytes({0xbe, 0xde, 0, 0}) + zeros(3), 16,
         3},
        {"extension of two words",
         fixed_header(plain | extension_bit) + bytes({0xbe, 0xde, 0, 2}) + zeros(8 + 1), 24, 1},
        {"CSRC and extension",
         fixed_header(plain | extension_bit | 1) + zeros(4) + bytes({0, 0, 0, 1}) + zeros(4 + 9), 24, 9},
        {"padding", fixed_header(plain | padding_bit) + zeros(10) + bytes({0, 0, 0, 4}), 12, 10},
        {"padding of one octet", fixed_header(plain | padding_bit) + zeros(10) + bytes({1}), 12, 10},
        {"nothing but padding", fixed_header(plain | padding_bit) + bytes({0, 0, 0, 4}), 12, 0},
        {"all at once",
         fixed_header(plain | padding_bit | extension_bit | 1) + zeros(4) + bytes({0, 0, 0, 0, 7, 7, 0, 2}),
         20, 2},
    };
    for (const auto& tc : cases) {
        BOOST_TEST_CONTEXT(tc.name) {
            const auto header = read_rtp_header(tc.datagram);
            BOOST_TEST(header.has_value());
            if (!header) continue;
            BOOST_TEST(header->header_octets == tc.header_octets);
            BOOST_TEST(header->payload_octets == tc.payload_octets);
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_datagrams_are_no_rtp) {
    struct {
        std::string name;
        octets datagram;
    } const cases[] = {
        {"empty", {}},
        {"eleven octets", zeros(0) + bytes({0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 1})},
        {"version 0", fixed_header(0x00)},
        {"version 1", fixed_header(0x40)},
        {"version 3", fixed_header(0xc0)},
        {"CSRC list cut by an octet", fixed_header(plain | 2) + zeros(7)},
        {"no room for the extension's own header", fixed_header(plain | extension_bit) + zeros(3)},
        {"extension cut by an octet", fixed_header(plain | extension_bit) + bytes({0, 0, 0, 1}) + zeros(3)},
        {"extension of 65535 words",
         fixed_header(plain | extension_bit) + bytes({0, 0, 0xff, 0xff}) + zeros(100)},
        {"padding of 0", fixed_header(plain | padding_bit) + zeros(4)},
        {"padding longer than the payload", fixed_header(plain | padding_bit) + bytes({0, 0, 0, 5})},
        {"padding without payload", fixed_header(plain | padding_bit)},
        {"padding reaching into the CSRC list", fixed_header(plain | padding_bit | 1) + bytes({0, 0, 0, 4})},
        {"longer than UDP carries", fixed_header(plain) + zeros(65536 - 12)},
    };
    for (const auto& tc : cases) {
        BOOST_TEST_CONTEXT(tc.name) {
            BOOST_TEST(!read_rtp_header(tc.datagram).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(lengths_of_random_datagrams_always_add_up) {
    constexpr unsigned seed = 20;
    BOOST_TEST_CONTEXT("seed " << seed) {
        std::mt19937 random{seed};
        unsigned well_formed = 0;
        for (int i = 0; i < 20000; ++i) {
            octets datagram(random() % 100);
            for (auto& octet : datagram)
                octet = static_cast<std::byte>(random() % 8 == 0 ? random() : random() % 8);
            if (!datagram.empty()) datagram[0] = static_cast<std::byte>(0x80 | (random() & 0x3f));
            const auto header = read_rtp_header(datagram);
            if (!header) continue;
            ++well_formed;
            BOOST_REQUIRE_GE(header->header_octets, 12U);
            BOOST_REQUIRE_LE(std::size_t{header->header_octets} + header->payload_octets, datagram.size());
        }
        BOOST_TEST(well_formed > 1000U);
    }
}

BOOST_AUTO_TEST_CASE(rtcp_is_told_by_its_first_two_octets) {
    struct {
        std::string name;
        octets datagram;
        bool rtcp;
    } const cases[] = {
        {"sender report", bytes({0x80, 200}) + zeros(26), true},
        {"receiver report with a count", bytes({0x81, 201}) + zeros(6), true},
        {"last packet type", bytes({0x80, 213}), true},
        {"padded", bytes({0xa0, 202}), true},
        {"type below", bytes({0x80, 199}), false},
        {"type above", bytes({0x80, 214}), false},
        {"type without the top bit", bytes({0x80, 72}), false},
        {"version 1", bytes({0x40, 200}), false},
        {"RTP", fixed_header(plain), false},
        {"one octet", bytes({0x80}), false},
        {"empty", {}, false},
    };
    for (const auto& tc : cases) {
        BOOST_TEST_CONTEXT(tc.name) {
            BOOST_TEST(looks_like_rtcp(tc.datagram) == tc.rtcp);
        }
    }
}
