#define BOOST_TEST_MODULE voice_quality
#include "rtpproxy/accounting/voice_quality.hpp"

#include "rtpproxy/accounting/e_model.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <utility>

using namespace rtpproxy;
namespace tt = boost::test_tools;

namespace {

stream_record stream_of(std::uint8_t payload_type, std::uint64_t sent, std::uint64_t received,
                        double jitter = 0) {
    stream_record stream;
    stream.totals = {.sent = sent, .received = received, .duplicates = 0, .parse_errors = 0};
    stream.jitter = {.last = jitter, .maximum = jitter, .average = jitter};
    stream.timed_payload_type = payload_type;
    return stream;
}

}  // namespace

// ITU-T G.107 (06/2015), clause 7.7: "the use of the default values [...] results in R = 93.2".
BOOST_AUTO_TEST_CASE(default_connection_is_rated_as_the_recommendation_says) {
    const auto rating = transmission_rating({});
    BOOST_TEST(rating == 93.2, tt::tolerance(0.0002));
    BOOST_TEST(mean_opinion_score(rating) == 4.41, tt::tolerance(0.0002));
}

// G.107 annex B, table B.1.
BOOST_AUTO_TEST_CASE(opinion_scores_follow_the_published_table) {
    const std::pair<double, double> published[] = {
        {90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}};
    for (const auto& [rating, score] : published)
        BOOST_TEST(mean_opinion_score(rating) == score, tt::tolerance(0.002));
}

BOOST_AUTO_TEST_CASE(opinion_scores_stay_between_1_and_4_5) {
    BOOST_TEST(mean_opinion_score(-20) == 1);
    BOOST_TEST(mean_opinion_score(0) == 1);
    BOOST_TEST(mean_opinion_score(3) >= 1);
    BOOST_TEST(mean_opinion_score(100) == 4.5);
    BOOST_TEST(mean_opinion_score(120) == 4.5);
    for (double rating = 10; rating < 100; rating += 1)
        BOOST_TEST(mean_opinion_score(rating) <= mean_opinion_score(rating + 1));
}

// G.113 appendix I: a codec without loss takes Ie off; G.107 (7-30): loss takes off more by Bpl.
BOOST_AUTO_TEST_CASE(codecs_and_loss_are_taken_off) {
    const auto best = transmission_rating({});
    BOOST_TEST(best - transmission_rating({.equipment_impairment = 11}) == 11, tt::tolerance(1e-9));
    const auto lossy = transmission_rating(
        {.equipment_impairment = 11, .packet_loss_robustness = 19, .packet_loss_percent = 2});
    BOOST_TEST(best - lossy == 11 + 84.0 * 2 / (2 + 19), tt::tolerance(1e-9));
    const auto bursts = transmission_rating({.packet_loss_percent = 2, .burst_ratio = 2});
    BOOST_TEST(best - bursts == 95.0 * 2 / (1 + 4.3), tt::tolerance(1e-9));
}

// Figure 1 of G.114 shows this curve: hardly any loss up to 150 ms, near 72 at 300 ms and 62 at 400 ms.
BOOST_AUTO_TEST_CASE(delay_hurts_beyond_150_milliseconds) {
    const std::pair<double, double> expected[] = {
        {100, 90.7}, {150, 89.5}, {200, 85.8}, {300, 72.7}, {400, 62.2}};
    for (const auto& [delay, rating] : expected)
        BOOST_TEST(transmission_rating({.one_way_delay_ms = delay}) == rating, tt::tolerance(0.001));
}

BOOST_AUTO_TEST_CASE(a_clean_stream_is_judged_with_its_assumptions) {
    const auto judged = voice_quality_of(stream_of(0, 1000, 1000));
    BOOST_REQUIRE(judged);
    BOOST_TEST(judged->jitter_buffer.count() == 40);
    BOOST_TEST(judged->inputs.one_way_delay_ms == 90);
    BOOST_TEST(judged->inputs.packet_loss_percent == 0);
    BOOST_TEST(judged->rating == 90.87, tt::tolerance(0.001));
    BOOST_TEST(judged->mos == 4.36, tt::tolerance(0.001));
}

BOOST_AUTO_TEST_CASE(loss_and_jitter_lower_the_score) {
    const auto lossy = voice_quality_of(stream_of(8, 1000, 950));
    BOOST_REQUIRE(lossy);
    BOOST_TEST(lossy->inputs.packet_loss_percent == 5, tt::tolerance(1e-9));
    BOOST_TEST(lossy->rating == 90.87 - 95.0 * 5 / (5 + 25.1), tt::tolerance(0.001));
    const auto late = voice_quality_of(stream_of(8, 1000, 1000, 8 * 150));
    BOOST_REQUIRE(late);
    BOOST_TEST(late->jitter_buffer.count() == 200);
    BOOST_TEST(late->inputs.one_way_delay_ms == 250);
    const auto shaky = voice_quality_of(stream_of(18, 1000, 1000, 8 * 30));
    BOOST_REQUIRE(shaky);
    BOOST_TEST(shaky->jitter_buffer.count() == 60);
    BOOST_TEST(shaky->inputs.equipment_impairment == 11);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_said_is_not_said) {
    BOOST_TEST(!voice_quality_of(stream_record{}));                    // nothing came
    BOOST_TEST(!voice_quality_of(stream_of(0, 0, 0)));                 // nothing but what is no RTP
    BOOST_TEST(!voice_quality_of(stream_of(9, 100, 100)));             // G.722 is no telephone bandwidth
    BOOST_TEST(voice_quality_of(stream_of(3, 100, 100)).has_value());  // GSM without loss
    BOOST_TEST(!voice_quality_of(stream_of(3, 100, 99)));              // no Bpl is published
    auto dynamic = stream_of(0, 100, 100);
    dynamic.timed_payload_type.reset();
    dynamic.last_payload_type = 96;
    BOOST_TEST(!voice_quality_of(dynamic));
}

BOOST_AUTO_TEST_CASE(jitter_is_turned_into_time_by_the_clock_of_the_codec) {
    BOOST_TEST(jitter_time(160, 0)->count() == 20);
    BOOST_TEST(jitter_time(160, 6)->count() == 10);
    BOOST_TEST(jitter_time(441, 10)->count() == 10);
    BOOST_TEST(!jitter_time(160, 96));
    BOOST_TEST(!jitter_time(160, std::nullopt));
}
