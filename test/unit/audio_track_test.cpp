#define BOOST_TEST_MODULE audio_track
#include "rtpproxy/tools/audio_track.hpp"

#include "rtpproxy/codec/audio_codec.hpp"

#include "support/audio.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

using octets = std::vector<std::byte>;

const endpoint party{boost::asio::ip::make_address("192.0.2.1"), 4000};
constexpr std::byte full_scale{0x80};  ///< PCMU: 32124
constexpr std::int32_t full_scale_sample = 32124;

rtp_header header_of(std::uint32_t timestamp, std::uint32_t ssrc = 1, std::uint8_t payload_type = 0) {
    rtp_header header;
    header.timestamp = timestamp;
    header.ssrc = ssrc;
    header.payload_type = payload_type;
    return header;
}

octets loud(std::size_t samples = 160) {
    return octets(samples, full_scale);
}

/// All that is left.
std::vector<std::int32_t> take_all(audio_track& track) {
    track.on_end();
    std::vector<std::int32_t> sum(track.ready());
    track.add_to(sum);
    return sum;
}

std::size_t count_loud(const std::vector<std::int32_t>& samples) {
    return static_cast<std::size_t>(std::count_if(samples.begin(), samples.end(),
                                                  [](auto sample) { return sample >= full_scale_sample; }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_packet_lies_where_it_arrived) {
    audio_track track{track_timing::synchronised};
    track.on_packet(party, header_of(12345), loud(), 1000);
    const auto heard = take_all(track);
    BOOST_TEST(heard.size() == 1160U);
    BOOST_TEST(heard[999] == 0);
    BOOST_TEST(heard[1000] == full_scale_sample);
}

BOOST_AUTO_TEST_CASE(others_lie_where_their_timestamps_say) {
    audio_track track{track_timing::synchronised};
    track.on_packet(party, header_of(0), loud(), 0);
    track.on_packet(party, header_of(480), loud(), 900);
    const auto heard = take_all(track);
    BOOST_TEST(heard.size() == 640U);
    BOOST_TEST(heard[300] == 0);
    BOOST_TEST(heard[480] == full_scale_sample);
}

BOOST_AUTO_TEST_CASE(samples_become_final_a_bounded_time_after_they_arrived) {
    audio_track track{track_timing::synchronised};
    for (std::uint32_t k = 0; k < 500; ++k)
        track.on_packet(party, header_of(k * 160), loud(), k * 160);
    BOOST_TEST(track.ready() == 499U * 160 - 12000);
    std::vector<std::int32_t> sum(track.ready());
    track.add_to(sum);
    BOOST_TEST(count_loud(sum) == sum.size());
    BOOST_TEST(track.ready() == 0U);
}

BOOST_AUTO_TEST_CASE(two_parties_are_added_and_a_repeated_packet_is_not) {
    audio_track track{track_timing::synchronised};
    track.on_packet(party, header_of(0, 1), loud(), 0);
    track.on_packet(party, header_of(0, 1), loud(), 1);
    track.on_packet(party, header_of(700, 2), loud(), 1);
    const auto heard = take_all(track);
    BOOST_TEST(heard[100] == 2 * full_scale_sample);
    BOOST_TEST(track.packets().late == 1U);
}

BOOST_AUTO_TEST_CASE(timestamps_that_jump_cost_no_time) {
    for (const auto jump : {0x80000000U, 0x7fffffffU, 100'000U, 0xffff0000U}) {
        BOOST_TEST_CONTEXT(jump) {
            audio_track track{track_timing::synchronised};
            for (std::uint32_t k = 0; k < 1000; ++k)
                track.on_packet(party, header_of(k * jump), loud(), k * 160);
            const auto heard = take_all(track);
            BOOST_TEST(heard.size() == 160'000U);
            BOOST_TEST(count_loud(heard) == heard.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(any_number_of_streams_at_once_stays_within_bounds) {
    audio_track track{track_timing::synchronised};
    for (std::uint32_t ssrc = 0; ssrc < 200'000; ++ssrc)
        track.on_packet(party, header_of(ssrc, ssrc), loud(8), 0);
    const auto heard = take_all(track);
    BOOST_TEST(heard.size() == 8U);
    for (const auto sample : heard)
        BOOST_TEST((sample > 100 * full_scale_sample && sample < (1 << 25)));
}

BOOST_AUTO_TEST_CASE(a_packet_of_more_than_a_second_is_damaged) {
    audio_track track{track_timing::synchronised};
    track.on_packet(party, header_of(0), loud(8000), 0);
    track.on_packet(party, header_of(8000), loud(8001), 8000);
    track.on_packet(party, header_of(8000, 1, 3), octets(1683, std::byte{0xd0}), 8000);
    BOOST_TEST(take_all(track).size() == 8000U);
    BOOST_TEST(track.packets().decoded == 1U);
    BOOST_TEST(track.packets().damaged == 2U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decoded_is_counted_by_type) {
    audio_track track{track_timing::synchronised};
    track.on_packet(party, header_of(0, 1, 101), loud(4), 0);
    track.on_packet(party, header_of(0, 1, 4), loud(24), 0);
    track.on_packet(party, header_of(0, 1, 101), loud(4), 160);
    BOOST_TEST(track.packets().undecodable.at(101) == 2U);
    BOOST_TEST(track.packets().undecodable.at(4) == 1U);
    const auto heard = take_all(track);
    BOOST_TEST(heard.size() == 160U);  // what carries sound is silence as long as it may have been
    BOOST_TEST(count_loud(heard) == 0U);
}

BOOST_AUTO_TEST_CASE(gapless_tracks_have_no_silence) {
    audio_track track{track_timing::gapless};
    track.on_packet(party, header_of(0), loud(), 8000);
    track.on_packet(party, header_of(80'000), loud(), 88'000);
    track.on_packet(party, header_of(5, 2), loud(), 888'000);
    const auto heard = take_all(track);
    BOOST_TEST(heard.size() == 480U);
    BOOST_TEST(count_loud(heard) == heard.size());
}
