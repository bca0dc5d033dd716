#define BOOST_TEST_MODULE repacketiser
#include "rtpproxy/rtp/repacketiser.hpp"

#include "support/allocation_count.hpp"
#include "support/reframed_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::size_t> sizes(const std::vector<rtp_parts>& packets) {
    std::vector<std::size_t> result;
    std::ranges::transform(packets, std::back_inserter(result),
                           [](const auto& each) { return each.payload.size(); });
    return result;
}

std::vector<std::uint32_t> timestamps(const std::vector<rtp_parts>& packets) {
    std::vector<std::uint32_t> result;
    std::ranges::transform(packets, std::back_inserter(result), &rtp_parts::timestamp);
    return result;
}

std::vector<unsigned> numbers(const std::vector<rtp_parts>& packets) {
    std::vector<unsigned> result;
    std::ranges::transform(packets, std::back_inserter(result), &rtp_parts::number);
    return result;
}

template <typename T>
using list = std::vector<T>;

}  // namespace

// Joining and splitting.

BOOST_AUTO_TEST_CASE(packets_are_joined) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    std::vector<rtp_parts> came;
    for (int i = 0; i < 12; ++i) {
        came.push_back(party.next());
        stream.take(20 * i, came.back());
    }
    BOOST_TEST(sizes(stream.sent) == list<std::size_t>(6, 320));
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{100, 101, 102, 103, 104, 105}));
    BOOST_TEST(timestamps(stream.sent) == (list<std::uint32_t>{4000, 4320, 4640, 4960, 5280, 5600}));
    BOOST_TEST(stream.sent_at == (list<int>{20, 60, 100, 140, 180, 220}));
    BOOST_TEST((payloads(stream.sent) == payloads(came)));
}

BOOST_AUTO_TEST_CASE(every_codec_is_joined_and_split_at_its_frames) {
    const struct {
        std::string name;
        source party;
        int packet_time;
        std::size_t packets;
        std::vector<std::size_t> sizes;
    } cases[] = {
        {"PCMA joined", {8, 80, 80}, 30, 6, {240, 240}},
        {"G.722 split", {9, 320, 320}, 20, 2, {160, 160, 160, 160}},
        {"G.722 joined", {9, 160, 160}, 60, 3, {480}},
        {"GSM joined", {3, 33, 160}, 40, 4, {66, 66}},
        {"GSM split", {3, 99, 480}, 20, 1, {33, 33, 33}},
        {"GSM, to the next whole frame", {3, 33, 160}, 30, 4, {66, 66}},
        {"G.729 joined", {18, 20, 160}, 60, 3, {60}},
        {"G.729 split", {18, 60, 480}, 20, 1, {20, 20, 20}},
        {"PCMU of 30 ms as 20 ms", {0, 240, 240}, 20, 2, {160, 160, 160}},
        {"PCMU of 20 ms as 30 ms", {0, 160, 160}, 30, 3, {240, 240}},
        {"PCMU, less than 10 ms wanted", {0, 160, 160}, 3, 1, {80, 80}},
        {"PCMU, the longest", {0, 8000, 8000}, 999, 2, {8000, 8000}},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            reframed_stream stream(c.packet_time);
            auto party = c.party;
            std::vector<rtp_parts> came;
            for (std::size_t i = 0; i < c.packets; ++i) {
                came.push_back(party.next());
                stream.take(1, came.back());
            }
            BOOST_TEST(sizes(stream.sent) == c.sizes);
            BOOST_TEST((payloads(stream.sent) == payloads(came)));
            BOOST_TEST(numbers_follow_each_other(stream.sent));
            BOOST_TEST(stream->held() == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(g723_is_split_by_the_length_of_each_frame) {
    reframed_stream stream(30);
    rtp_parts packet{.number = 1, .timestamp = 0, .payload_type = 4, .payload = octets(24 + 20 + 4)};
    packet.payload[24] = std::byte{1};
    packet.payload[44] = std::byte{2};
    stream.take(0, packet);
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{24, 20, 4}));
    BOOST_TEST(timestamps(stream.sent) == (list<std::uint32_t>{0, 240, 480}));
}

BOOST_AUTO_TEST_CASE(nothing_follows_the_comfort_noise_of_g729) {
    reframed_stream stream(40);
    stream.take(0, {.number = 1, .timestamp = 0, .payload_type = 18, .payload = octets(12)});
    stream.take(20, {.number = 2, .timestamp = 160, .payload_type = 18, .payload = octets(20)});
    stream.take(40, {.number = 3, .timestamp = 320, .payload_type = 18, .payload = octets(20)});
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{12, 40}));
    BOOST_TEST(stream.sent_at == (list<int>{0, 40}));
}

BOOST_AUTO_TEST_CASE(a_part_goes_on_with_later_timestamp_and_without_marker) {
    reframed_stream stream(20);
    auto packet = pcmu(40).next();
    packet.marker = true;
    stream.take(0, packet);
    BOOST_REQUIRE(stream.sent.size() == 2u);
    BOOST_TEST(stream.sent[0].marker);
    BOOST_TEST(!stream.sent[1].marker);
    BOOST_TEST(timestamps(stream.sent) == (list<std::uint32_t>{4000, 4160}));
}

BOOST_AUTO_TEST_CASE(a_joined_packet_has_the_header_of_its_first_part_without_padding) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    auto first = party.next();
    first.marker = true;
    first.sources = {7, 8};
    first.extension = {std::byte{0xbe}, std::byte{0xde}, std::byte{0}, std::byte{1},
                       std::byte{0x10}, std::byte{0xff}, std::byte{0}, std::byte{0}};
    first.padding = 4;
    auto second = party.next();
    second.padding = 8;
    stream.take(0, first);
    stream.take(20, second);

    auto expected = first;
    expected.padding = 0;
    expected.payload.insert(expected.payload.end(), second.payload.begin(), second.payload.end());
    BOOST_REQUIRE(stream.sent.size() == 1u);
    BOOST_TEST(stream.sent[0] == expected);
}

BOOST_AUTO_TEST_CASE(numbers_and_timestamps_wrap) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    party.number = 65534;
    party.timestamp = 0xffffff60;  // 160 before the wrap
    for (int i = 0; i < 6; ++i)
        stream.take(20 * i, party.next());
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{65534, 65535, 0}));
    BOOST_TEST(timestamps(stream.sent) == (list<std::uint32_t>{0xffffff60, 160, 480}));
    BOOST_TEST(sizes(stream.sent) == list<std::size_t>(3, 320));
}

// What is not audio.

BOOST_AUTO_TEST_CASE(events_and_audio_are_one_stream) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    stream.take(0, party.next());
    stream.take(20, party.next());  // 100 + 101
    stream.take(40, party.next());  // 102 is not filled when the event begins
    const auto start = party.timestamp;
    for (int i = 0; i < 3; ++i)
        stream.take(60 + 20 * i, event_packet(party.number++, start, i == 2));
    party.timestamp += 480;
    for (int i = 0; i < 4; ++i)
        stream.take(120 + 20 * i, party.next());

    BOOST_TEST(numbers_follow_each_other(stream.sent));
    BOOST_TEST(stream.sent.front().number == 100u);
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{320, 160, 4, 4, 4, 320, 320}));
    BOOST_TEST(timestamps(stream.sent) ==
               (list<std::uint32_t>{4000, 4320, start, start, start, start + 480, start + 800}));
    BOOST_TEST(stream.sent_at == (list<int>{20, 60, 60, 80, 100, 140, 180}));
    auto last_event = event_packet(104, start, true);
    BOOST_TEST(stream.sent[4] == last_event);
}

BOOST_AUTO_TEST_CASE(events_between_audio_packets_keep_their_place) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    std::vector<rtp_parts> came;
    for (int i = 0; i < 8; ++i) {
        came.push_back(i % 2 == 0 ? party.next() : event_packet(party.number++, 4000));
        stream.take(10 * i, came.back());
    }
    stream.finish();
    BOOST_TEST((payloads(stream.sent) == payloads(came)));
    BOOST_TEST(numbers_follow_each_other(stream.sent));
}

BOOST_AUTO_TEST_CASE(an_overtaken_event_is_put_back_into_its_place) {
    reframed_stream stream(20);
    stream.take(0, event_packet(1, 0));
    stream.take(40, event_packet(3, 0, true));
    stream.take(45, event_packet(2, 0));
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{1, 2, 3}));
    BOOST_TEST((stream.sent[2].payload[1] == std::byte{0x8a}));
    BOOST_TEST(stream.sent_at == (list<int>{0, 45, 45}));
}

BOOST_AUTO_TEST_CASE(other_packets_keep_everything_but_their_number) {
    rtp_parts comfort_noise{.number = 7, .timestamp = 90, .payload_type = 13, .payload = octets(1)};
    rtp_parts unknown{.number = 8, .timestamp = 5, .payload_type = 96, .payload = octets(1400)};
    unknown.marker = true;
    unknown.sources = {1};
    unknown.extension = octets(8);
    unknown.extension[3] = std::byte{1};
    unknown.padding = 3;
    rtp_parts empty{.number = 9, .timestamp = 160, .payload_type = 0, .payload = {}};
    rtp_parts broken{.number = 10, .timestamp = 160, .payload_type = 3, .payload = octets(34)};
    reframed_stream stream(40);
    for (const auto& each : {comfort_noise, unknown, empty, broken})
        stream.take(0, each);
    BOOST_TEST(stream.sent == (list<rtp_parts>{comfort_noise, unknown, empty, broken}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(another_payload_type_ends_the_packet) {
    reframed_stream stream(40);
    stream.take(0, {.number = 1, .timestamp = 0, .payload_type = 0, .payload = octets(160)});
    stream.take(20, {.number = 2, .timestamp = 160, .payload_type = 8, .payload = octets(160)});
    stream.take(40, {.number = 3, .timestamp = 320, .payload_type = 8, .payload = octets(160)});
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{160, 320}));
    BOOST_TEST(stream.sent[1].payload_type == 8);
    BOOST_TEST(stream.sent_at == (list<int>{20, 40}));
}

// Time.

BOOST_AUTO_TEST_CASE(what_does_not_become_full_goes_after_twice_its_length) {
    reframed_stream stream(60);
    stream.take(0, pcmu(20).next());
    BOOST_TEST((stream->next_due().value() - time_point{1h} == 120ms));
    stream.advance_to(119);
    BOOST_TEST(stream.sent.empty());
    stream.advance_to(120);
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{160}));
    BOOST_TEST(!stream->next_due().has_value());
}

// 30 ms of GSM are 40, of which a packet of 60 ms leaves half a packet each time.
BOOST_AUTO_TEST_CASE(what_is_left_waits_twice_the_length_in_whole_frames) {
    reframed_stream stream(30);
    source party{3, 99, 480};
    for (int i = 0; i < 4; ++i)
        stream.take(60 * i + (i % 2 != 0 ? 15 : 0), party.next());
    BOOST_TEST(sizes(stream.sent) == list<std::size_t>(6, 66));
    stream.advance_to(1000);
    BOOST_TEST(sizes(stream.sent) == list<std::size_t>(6, 66));

    reframed_stream silent(30);
    silent.take(0, source{3, 99, 480}.next());
    silent.advance_to(79);
    BOOST_TEST(silent.sent.size() == 1U);
    silent.advance_to(80);
    BOOST_TEST(sizes(silent.sent) == (list<std::size_t>{66, 33}));
}

BOOST_AUTO_TEST_CASE(a_gap_in_the_timestamps_ends_the_packet) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    stream.take(0, party.next());
    party.timestamp += 800;  // silence
    stream.take(30, party.next());
    stream.take(40, party.next());
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{160, 320}));
    BOOST_TEST(stream.sent_at == (list<int>{30, 40}));
    BOOST_TEST(timestamps(stream.sent) == (list<std::uint32_t>{4000, 4960}));
}

BOOST_AUTO_TEST_CASE(a_lost_packet_holds_up_those_behind_it_for_a_short_time) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    stream.take(0, party.next());
    stream.take(20, party.next());
    stream.take(40, party.next());
    party.next();  // 103 is lost
    stream.take(80, party.next());
    stream.advance_to(99);
    BOOST_TEST(stream.sent.size() == 1u);
    stream.take(100, party.next());
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{320, 160, 320}));
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{100, 101, 102}));
    BOOST_TEST(timestamps(stream.sent) == (list<std::uint32_t>{4000, 4320, 4640}));
}

BOOST_AUTO_TEST_CASE(packets_that_overtook_each_other_are_put_into_order) {
    reframed_stream stream(20);
    auto party = pcmu(20);
    std::vector<rtp_parts> came;
    for (int i = 0; i < 5; ++i)
        came.push_back(party.next());
    int ms = 0;
    for (const auto place : {0, 2, 1, 4, 3})
        stream.take(ms += 5, came[static_cast<std::size_t>(place)]);
    BOOST_TEST(stream.sent == came, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_first_packet_may_have_been_overtaken) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    const auto first = party.next();
    BOOST_TEST(stream.take(0, party.next()));
    BOOST_TEST(stream.take(1, first));
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{100}));
}

BOOST_AUTO_TEST_CASE(what_comes_too_late_or_twice_is_discarded) {
    reframed_stream stream(20);
    auto party = pcmu(20);
    const auto first = party.next();
    const auto second = party.next();
    const auto third = party.next();
    BOOST_TEST(stream.take(0, first));
    BOOST_TEST(!stream.take(1, first));
    BOOST_TEST(stream.take(2, third));
    BOOST_TEST(!stream.take(3, third));
    stream.advance_to(22);
    BOOST_TEST(stream.sent.size() == 2u);
    BOOST_TEST(!stream.take(23, second));
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{100, 101}));
}

BOOST_AUTO_TEST_CASE(memory_is_bounded) {
    reframed_stream stream(999);
    source party(0, 4, 4);  // an eighth of a millisecond each
    stream.take(0, party.next());
    party.number += 2;
    for (int i = 0; i < 1000; ++i)
        stream.take(0, party.next());
    BOOST_TEST(stream->held() < repacketiser::most_held);
    stream.finish();
    BOOST_TEST(payloads(stream.sent).size() == 4004u);

    reframed_stream large(999);
    large.take(0, {.number = 1, .timestamp = 0, .payload_type = 96, .payload = octets(10)});
    for (std::uint16_t number = 3; number < 30; ++number) {
        large.take(0, {.number = number, .timestamp = 0, .payload_type = 96, .payload = octets(9000)});
        BOOST_TEST(large->held() * 9000 <= repacketiser::most_held_octets + 9000);
    }
}

BOOST_AUTO_TEST_CASE(joined_packets_stay_below_their_limit) {
    reframed_stream stream(999);
    auto party = pcmu(200);
    auto first = party.next();
    first.extension = octets(1024);
    first.extension[3] = std::byte{255};
    stream.take(0, first);
    for (int i = 0; i < 9; ++i)
        stream.take(i, party.next());
    stream.finish();
    for (const auto& each : stream.sent)
        BOOST_TEST(to_datagram(each).size() <= repacketiser::longest_joined_packet);
    BOOST_TEST(payloads(stream.sent).size() == 16000u);
}

// Other streams.

BOOST_AUTO_TEST_CASE(another_ssrc_goes_on_under_the_same_numbers) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    for (int i = 0; i < 3; ++i)
        stream.take(20 * i, party.next());
    auto other = pcmu(20);
    other.number = 9000;
    other.timestamp = 5;
    const auto of_other = [&] {
        auto packet = other.next();
        packet.ssrc = 99;
        return packet;
    };
    stream.take(60, of_other());
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{320, 160}));
    BOOST_TEST(
        !stream.take(61, {.number = 101, .timestamp = 4160, .payload_type = 0, .payload = octets(160)}));
    stream.take(80, of_other());
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{100, 101, 102}));
    BOOST_TEST(stream.sent.back().ssrc == 99u);
    BOOST_TEST(stream.sent.back().timestamp == 5u);
    BOOST_TEST(sizes(stream.sent).back() == 320u);
}

BOOST_AUTO_TEST_CASE(a_stream_that_starts_over_is_followed_at_once) {
    for (const std::uint16_t number : {std::uint16_t{40000}, std::uint16_t{99}, std::uint16_t{60000}}) {
        BOOST_TEST_CONTEXT(number) {
            reframed_stream stream(20);
            auto party = pcmu(20);
            for (int i = 0; i < 10; ++i)
                stream.take(20 * i, party.next());
            party.number = number;
            party.timestamp = 3'000'000'000;
            for (int i = 10; i < 20; ++i)
                BOOST_TEST(stream.take(20 * i, party.next()));
            BOOST_TEST(stream.sent.size() == 20u);
            BOOST_TEST(numbers_follow_each_other(stream.sent));
            BOOST_TEST(stream.sent_at.back() == 380);
        }
    }
}

BOOST_AUTO_TEST_CASE(timestamps_may_jump_without_loss) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    for (const std::uint32_t timestamp : {4000u, 4160u, 0xf0000000u, 0xf00000a0u, 17u, 177u}) {
        party.timestamp = timestamp;
        stream.take(0, party.next());
    }
    BOOST_TEST(timestamps(stream.sent) == (list<std::uint32_t>{4000, 0xf0000000, 17}));
}

// Changes on the way.

BOOST_AUTO_TEST_CASE(another_packet_time_holds_from_now_on) {
    reframed_stream stream(60);
    auto party = pcmu(20);
    stream.take(0, party.next());
    stream.take(20, party.next());
    stream->set_packet_time(20ms);
    stream.drain();
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{160, 160}));
    stream.take(40, party.next());
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{100, 101, 102}));
}

BOOST_AUTO_TEST_CASE(joining_that_stops_shows_the_own_numbers_again) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    for (int i = 0; i < 5; ++i)
        stream.take(20 * i, party.next());
    BOOST_TEST(!stream->is_transparent());
    stream->pass_all();
    stream.drain();
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{320, 320, 160}));  // nothing is lost
    BOOST_TEST(stream->is_transparent());
    const auto later = party.next();
    stream.take(100, later);
    BOOST_TEST(stream.sent.back() == later);
    BOOST_TEST(stream.sent.back().number == 105u);
}

BOOST_AUTO_TEST_CASE(held_packets_are_not_split_when_it_stops) {
    reframed_stream stream(999);
    auto party = pcmu(20);
    for (int i = 0; i < 6; ++i)
        stream.take(20 * i, party.next());
    stream->pass_all();
    stream.drain();
    BOOST_TEST(sizes(stream.sent) == (list<std::size_t>{960}));
}

BOOST_AUTO_TEST_CASE(numbers_never_run_back_when_splitting_stops) {
    reframed_stream stream(20);
    auto party = pcmu(60);
    for (int i = 0; i < 4; ++i)
        stream.take(60 * i, party.next());
    BOOST_TEST(stream.sent.back().number == 111u);
    stream->pass_all();
    stream.drain();
    BOOST_TEST(!stream->is_transparent());
    stream.take(240, party.next());
    stream.take(300, party.next());
    party.next();  // a loss stays visible
    stream.take(420, party.next());
    const auto sent = numbers(stream.sent);
    BOOST_TEST(list<unsigned>(sent.end() - 3, sent.end()) == (list<unsigned>{112, 113, 115}));
    BOOST_TEST(sizes(stream.sent).back() == 480u);

    stream->set_packet_time(20ms);
    stream.take(480, party.next());
    BOOST_TEST(numbers(stream.sent).back() == 118u);
}

BOOST_AUTO_TEST_CASE(it_starts_again_with_the_number_of_the_next_packet) {
    reframed_stream stream(40);
    auto party = pcmu(20);
    stream.take(0, party.next());
    stream.take(20, party.next());
    stream->pass_all();
    stream.take(40, party.next());
    stream.take(60, party.next());
    stream->set_packet_time(40ms);
    stream.take(80, party.next());
    stream.take(100, party.next());
    BOOST_TEST(numbers(stream.sent) == (list<unsigned>{100, 102, 103, 104}));
}

BOOST_AUTO_TEST_CASE(once_warm_nothing_is_allocated) {
    start_counting_allocations();
    repacketiser stream(40ms);
    auto party = pcmu(20);
    time_point now{1h};
    const auto run = [&](int packets) {
        std::vector<octets> datagrams;
        for (int i = 0; i < packets; ++i)
            datagrams.push_back(to_datagram(party.next()));
        const auto before = allocations.load();
        for (const auto& each : datagrams) {
            stream.push(each, *read_rtp_header(each), now += 20ms);
            while (stream.next(now)) {
            }
        }
        return allocations.load() - before;
    };
    static_cast<void>(run(10));
    BOOST_TEST(run(1000) == 0u);
}
