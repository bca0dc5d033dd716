#define BOOST_TEST_MODULE prompt_stream
#include "rtpproxy/services/prompt_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

std::vector<std::byte> counting_octets(std::size_t count) {
    std::vector<std::byte> octets;
    for (std::size_t i = 0; i < count; ++i)
        octets.push_back(std::byte(i % 251));
    return octets;
}

prompt_ptr make_prompt(unsigned payload_type, std::size_t octets) {
    return std::make_shared<const prompt>(prompt{*frame_format_of(payload_type), counting_octets(octets)});
}

std::vector<unsigned> numbers(std::span<const std::byte> octets) {
    std::vector<unsigned> result;
    for (const auto each : octets)
        result.push_back(std::to_integer<unsigned>(each));
    return result;
}

struct made_packet {
    duration due;
    std::vector<std::byte> octets;

    [[nodiscard]] unsigned at(std::size_t offset) const { return std::to_integer<unsigned>(octets[offset]); }
    [[nodiscard]] unsigned payload_type() const { return at(1) & 0x7f; }
    [[nodiscard]] bool marker() const { return at(1) >= 0x80; }
    [[nodiscard]] unsigned sequence_number() const { return at(2) << 8 | at(3); }
    [[nodiscard]] std::uint32_t timestamp() const { return at(4) << 24 | at(5) << 16 | at(6) << 8 | at(7); }
    [[nodiscard]] std::vector<unsigned> payload() const { return numbers(std::span(octets).subspan(12)); }
};

/// The packets of a stream, `most` at most.
std::vector<made_packet> take(prompt_stream& stream, std::size_t most = 1000) {
    std::vector<made_packet> made;
    std::array<std::byte, prompt_stream::largest_packet> buffer;
    while (!stream.finished() && made.size() < most) {
        const auto due = stream.due();
        const auto packet = stream.next_packet(buffer);
        made.push_back({due, {packet.begin(), packet.end()}});
    }
    return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(packets_are_as_written_by_hand) {
    prompt_stream stream(make_prompt(18, 20), {},
                         {.ssrc = 0x01020304, .timestamp = 0x10000001, .sequence_number = 0xffff});
    const auto made = take(stream);
    BOOST_REQUIRE(made.size() == 2);
    const std::vector<unsigned> first = {0x80, 0x80 | 18, 0xff, 0xff, 0x10, 0, 0, 0, 1, 2, 3, 4,  //
                                         0,    1,         2,    3,    4,    5, 6, 7, 8, 9};
    const std::vector<unsigned> second = {0x80, 18, 0,  0,  0x10, 0,  0,  80, 1,  2, 3, 4,  //
                                          10,   11, 12, 13, 14,   15, 16, 17, 18, 19};
    BOOST_TEST(numbers(made[0].octets) == first);
    BOOST_TEST(numbers(made[1].octets) == second);
    BOOST_TEST((made[0].due == 0ms && made[1].due == 10ms));
}

BOOST_AUTO_TEST_CASE(packet_lengths_of_each_payload_type) {
    struct {
        unsigned payload_type;
        std::chrono::milliseconds asked;
        std::size_t payload_octets;
        std::chrono::milliseconds length;
        std::uint32_t ticks;
    } const table[] = {
        {0, 10ms, 80, 10ms, 80},       {8, 10ms, 80, 10ms, 80},       {9, 10ms, 80, 10ms, 80},
        {18, 10ms, 10, 10ms, 80},      {4, 10ms, 24, 30ms, 240},      {3, 10ms, 33, 20ms, 160},
        {0, 25ms, 200, 25ms, 200},     {18, 25ms, 30, 30ms, 240},     {3, 50ms, 99, 60ms, 480},
        {4, 31ms, 48, 60ms, 480},      {0, 999ms, 7992, 999ms, 7992}, {3, 999ms, 1650, 1000ms, 8000},
        {4, 999ms, 816, 1020ms, 8160},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT("payload type " << row.payload_type << ", " << row.asked.count() << " ms") {
            prompt_stream stream(make_prompt(row.payload_type, 2 * row.payload_octets),
                                 {.packet_length = row.asked}, {});
            const auto made = take(stream);
            BOOST_REQUIRE(made.size() == 2);
            BOOST_TEST(made[0].payload().size() == row.payload_octets);
            BOOST_TEST((made[1].due == row.length));
            BOOST_TEST(made[1].timestamp() - made[0].timestamp() == row.ticks);
            BOOST_TEST(made[1].payload_type() == row.payload_type);
        }
    }
}

BOOST_AUTO_TEST_CASE(marker_is_on_the_very_first_packet_only) {
    prompt_stream stream(make_prompt(0, 160), {.count = 3}, {});
    std::string markers;
    for (const auto& each : take(stream))
        markers += each.marker() ? 'M' : '-';
    BOOST_TEST(markers == "M-----");
}

BOOST_AUTO_TEST_CASE(rest_that_fills_no_packet_is_left_out_of_every_pass) {
    prompt_stream stream(make_prompt(0, 160 + 79), {.count = 2},
                         {.ssrc = 1, .timestamp = 100, .sequence_number = 7});
    const auto made = take(stream);
    BOOST_REQUIRE(made.size() == 4);
    for (std::size_t i = 0; i < made.size(); ++i) {
        BOOST_TEST(made[i].sequence_number() == 7 + i);
        BOOST_TEST(made[i].timestamp() == 100 + 80 * i);
        BOOST_TEST((made[i].due == 10ms * i));
        BOOST_TEST(made[i].payload().front() == (i % 2) * 80);
    }
}

BOOST_AUTO_TEST_CASE(prompt_shorter_than_a_packet_is_finished_at_once) {
    for (const int count : {1, 5, -1}) {
        prompt_stream stream(make_prompt(0, 79), {.count = count}, {});
        BOOST_TEST(stream.finished());
    }
    BOOST_TEST(prompt_stream(make_prompt(0, 0), {.count = -1}, {}).finished());
}

BOOST_AUTO_TEST_CASE(negative_count_never_ends) {
    prompt_stream stream(make_prompt(0, 80), {.count = -1}, {});
    BOOST_TEST(take(stream, 70'000).size() == 70'000u);  // beyond the sequence numbers
    BOOST_TEST(!stream.finished());
}

BOOST_AUTO_TEST_CASE(no_drift_within_ten_minutes) {
    prompt_stream stream(make_prompt(18, 10), {.count = -1}, {.timestamp = 0xfffffff0});
    std::array<std::byte, prompt_stream::largest_packet> buffer;
    for (int i = 0; i < 60'000; ++i) {
        BOOST_REQUIRE((stream.due() == i * 10ms));
        static_cast<void>(stream.next_packet(buffer));
    }
    BOOST_TEST((stream.due() == 10min));
}

BOOST_AUTO_TEST_CASE(prompt_goes_on_in_another_format_from_the_place_it_has_come_to) {
    const std::vector<dynamic_payload> dynamic{{111, codec_id::opus}};
    const struct {
        unsigned payload_type;
        std::size_t first_octet;    ///< of the place after 50 ms
        std::uint32_t first_ticks;  ///< from the last packet of PCMU, 10 ms before
        std::chrono::milliseconds length;
        std::uint32_t ticks;  ///< of a packet
        std::size_t packets;  ///< until the end of the second pass of 100 ms each
    } table[] = {
        {8, 400, 80, 10ms, 80, 15},    {18, 50, 80, 10ms, 80, 15},
        {3, 66, 80, 20ms, 160, 8},      // from 40 ms on
        {4, 24, 80, 30ms, 240, 5},      // from 30 ms on; 100 ms have three frames of it
        {111, 240, 480, 20ms, 960, 8},  // from 40 ms on, with another clock
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT("payload type " << row.payload_type) {
            prompt_stream stream(make_prompt(0, 800), {.count = 2},
                                 {.ssrc = 7, .timestamp = 0xfffffff0, .sequence_number = 0xfffe});
            static_cast<void>(take(stream, 4));
            const auto last = take(stream, 1).at(0);
            const auto format = *frame_format_of(row.payload_type, dynamic);
            const auto frames = static_cast<std::size_t>(100ms / format.duration);
            stream.go_on_in(
                std::make_shared<const prompt>(prompt{format, counting_octets(frames * format.octets)}),
                10ms);
            const auto made = take(stream);
            BOOST_REQUIRE(made.size() == row.packets);
            BOOST_TEST(made[0].payload().front() == row.first_octet % 251);
            for (std::size_t i = 0; i < made.size(); ++i) {
                BOOST_TEST(made[i].payload_type() == row.payload_type);
                BOOST_TEST(made[i].marker() == (i == 0));
                BOOST_TEST(made[i].sequence_number() == ((last.sequence_number() + 1 + i) & 0xffff));
                BOOST_TEST(made[i].timestamp() ==
                           static_cast<std::uint32_t>(last.timestamp() + row.first_ticks + i * row.ticks));
                BOOST_TEST((made[i].due == 50ms + i * row.length));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(prompt_that_has_not_begun_begins_in_another_format) {
    prompt_stream stream(make_prompt(0, 800), {}, {.timestamp = 40, .sequence_number = 9});
    stream.go_on_in(make_prompt(8, 160), 20ms);
    const auto made = take(stream);
    BOOST_REQUIRE(made.size() == 1);
    BOOST_TEST((made[0].due == 0ms));
    BOOST_TEST(made[0].timestamp() == 40u);
    BOOST_TEST(made[0].sequence_number() == 9u);
    BOOST_TEST(made[0].payload_type() == 8u);
    BOOST_TEST(made[0].marker());
}

BOOST_AUTO_TEST_CASE(other_format_may_be_shorter) {
    const struct {
        int count;
        std::size_t octets;
        std::size_t packets;  ///< of 10, at most
    } table[] = {{1, 320, 0}, {1, 400, 0}, {1, 480, 1}, {2, 320, 4}, {-1, 320, 10}, {-1, 79, 0}, {-1, 0, 0}};
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.count << " times, " << row.octets << " octets") {
            prompt_stream stream(make_prompt(0, 800), {.count = row.count}, {});
            static_cast<void>(take(stream, 5));
            stream.go_on_in(make_prompt(8, row.octets), 10ms);
            BOOST_TEST(take(stream, 10).size() == row.packets);
        }
    }
}

BOOST_AUTO_TEST_CASE(skipped_packets_take_time_but_no_number) {
    prompt_stream stream(make_prompt(0, 800), {}, {.timestamp = 40, .sequence_number = 9});
    static_cast<void>(take(stream, 2));
    for (int i = 0; i < 3; ++i)
        stream.skip_packet();
    const auto made = take(stream);
    BOOST_REQUIRE(made.size() == 5);
    BOOST_TEST((made[0].due == 50ms));
    BOOST_TEST(made[0].timestamp() == 440u);
    BOOST_TEST(made[0].sequence_number() == 11u);
    BOOST_TEST(made[0].payload().front() == 400 % 251);
    BOOST_TEST(made[0].marker());
    BOOST_TEST(!made[1].marker());
}

BOOST_AUTO_TEST_CASE(codec_lists) {
    const struct {
        std::string_view text;
        std::vector<unsigned> payload_types;
    } table[] = {
        {"0,8,101", {0, 8}},
        {"8,0", {8, 0}},
        {"18", {18}},
        {"3x4y9", {3, 4, 9}},
        {"", {}},
        {"moh", {}},
        {"96,101", {}},
        {"0,,8", {0}},
        {"0,8,0,8", {0, 8}},
        {"-8", {}},
        {",8", {}},
        {"8,", {8}},
        {"08", {8}},
        {"128,8", {8}},
        {"256,8", {8}},
        {"99999999999999999999,8", {8}},
        {"session", {}},
        {"1,2,5,6,7,10,18", {18}},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT('"' << row.text << '"') {
            std::vector<unsigned> found;
            for (const auto& each : read_playable_formats(row.text))
                found.push_back(each.payload_type);
            BOOST_TEST(found == row.payload_types);
        }
    }
}

BOOST_AUTO_TEST_CASE(codec_lists_with_dynamic_payload_types) {
    const std::vector<dynamic_payload> dynamic{{111, codec_id::opus}, {97, codec_id::pcma}};
    const auto found = read_playable_formats("96,111,0,97,111,127,239,8", dynamic);
    std::vector<unsigned> types;
    for (const auto& each : found)
        types.push_back(each.payload_type);
    BOOST_TEST(types == (std::vector<unsigned>{111, 0, 97, 8}));
    BOOST_TEST((found[0] == frame_format{.payload_type = 111,
                                         .octets = 120,
                                         .duration = 20ms,
                                         .ticks = 960,
                                         .codec = codec_id::opus,
                                         .joinable = false}));
    BOOST_TEST((found[2].codec == codec_id::pcma && found[2].joinable && found[2].octets == 8));
    BOOST_TEST(!frame_format_of(111).has_value());
    BOOST_TEST(!frame_format_of(256 + 111, dynamic).has_value());
}

BOOST_AUTO_TEST_CASE(frames_that_cannot_be_joined_have_a_packet_each) {
    const std::vector<dynamic_payload> dynamic{{111, codec_id::opus}};
    const auto what = std::make_shared<const prompt>(
        prompt{*frame_format_of(111, dynamic), counting_octets(2 * 120 + 119)});
    for (const auto asked : {1ms, 10ms, 20ms, 40ms, 1000ms}) {
        prompt_stream stream(what, {.packet_length = asked, .count = 2}, {.sequence_number = 65534});
        const auto made = take(stream);
        BOOST_REQUIRE(made.size() == 4);
        for (std::size_t i = 0; i < made.size(); ++i) {
            BOOST_TEST(made[i].payload() == numbers(std::span(what->octets).subspan(i % 2 * 120, 120)));
            BOOST_TEST(made[i].timestamp() == i * 960);
            BOOST_TEST(made[i].sequence_number() == (65534 + i) % 65536);
            BOOST_TEST((made[i].due == i * 20ms));
            BOOST_TEST(made[i].payload_type() == 111u);
            BOOST_TEST(made[i].marker() == (i == 0));
        }
    }
}
