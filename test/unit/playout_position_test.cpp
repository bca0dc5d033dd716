#define BOOST_TEST_MODULE playout_position
#include "rtpproxy/rtp/playout_position.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;

namespace {

rtp_header packet(std::uint32_t timestamp, std::uint32_t ssrc = 1) {
    rtp_header header;
    header.timestamp = timestamp;
    header.ssrc = ssrc;
    return header;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_packet_is_where_it_arrives) {
    playout_position position{8000};
    BOOST_TEST(position.of(packet(123456), 800) == 800);
}

BOOST_AUTO_TEST_CASE(jitter_does_not_show) {
    playout_position position{8000};
    BOOST_TEST(position.of(packet(0), 800) == 800);
    BOOST_TEST(position.of(packet(160), 1200) == 960);
    BOOST_TEST(position.of(packet(320), 1201) == 1120);
}

BOOST_AUTO_TEST_CASE(packets_out_of_order_find_their_place) {
    playout_position position{8000};
    BOOST_TEST(position.of(packet(320), 1000) == 1000);
    BOOST_TEST(position.of(packet(0), 1001) == 680);
    BOOST_TEST(position.of(packet(160), 1002) == 840);
}

BOOST_AUTO_TEST_CASE(timestamps_wrap_around) {
    playout_position position{8000};
    BOOST_TEST(position.of(packet(0xffffff60), 800) == 800);
    BOOST_TEST(position.of(packet(0), 960) == 960);
}

BOOST_AUTO_TEST_CASE(timestamps_that_disagree_with_arrival_do_not_count) {
    playout_position position{8000};
    BOOST_TEST(position.of(packet(0), 800) == 800);
    BOOST_TEST(position.of(packet(0x7fffffff), 960) == 960);
    BOOST_TEST(position.of(packet(0), 1120) == 1120);
    BOOST_TEST(position.of(packet(4000), 1120) == 5120);  // half a second is still believed
    BOOST_TEST(position.of(packet(4002), 1120) == 1120);
}

BOOST_AUTO_TEST_CASE(audio_never_begins_before_the_recording) {
    playout_position position{8000};
    BOOST_TEST(position.of(packet(1000), 0) == 0);
    BOOST_TEST(position.of(packet(0), 10) == 10);
}

BOOST_AUTO_TEST_CASE(another_stream_begins_where_it_arrives) {
    playout_position position{8000};
    BOOST_TEST(position.of(packet(0), 800) == 800);
    BOOST_TEST(position.of(packet(160, 2), 1000) == 1000);
}
