// What has to hold for any stream and network.

#define BOOST_TEST_MODULE repacketiser_properties
#include "rtpproxy/rtp/repacketiser.hpp"

#include "support/reframed_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

struct arriving {
    double ms;
    rtp_parts packet;
};

std::vector<rtp_parts> random_call(std::mt19937& random, std::size_t count) {
    const source codecs[] = {pcmu(20),      pcmu(30),     pcmu(10),      {8, 160, 160},
                             {9, 160, 160}, {3, 33, 160}, {18, 20, 160}, {4, 24, 240}};
    auto party = codecs[random() % std::size(codecs)];
    party.number = static_cast<std::uint16_t>(random());
    party.timestamp = static_cast<std::uint32_t>(random());
    std::vector<rtp_parts> made;
    int event_left = 0;
    std::uint32_t event_start = 0;
    while (made.size() < count) {
        const auto dice = random() % 100;
        if (event_left == 0 && dice < 4) {
            event_left = 1 + static_cast<int>(random() % 12);
            event_start = party.timestamp;
        }
        if (event_left > 0) {
            made.push_back(event_packet(party.number++, event_start, --event_left < 3));
            party.timestamp += 160;
        } else {
            if (dice > 96) party.timestamp += 160 * static_cast<std::uint32_t>(random() % 50);  // silence
            made.push_back(party.next());
            // G.723 knows the frame by its first octet, the others must not repeat each other.
            if (made.back().payload_type == 4) made.back().payload[0] = std::byte{0};
        }
    }
    return made;
}

/// What the network makes of a call: `jitter` reorders. The first packet comes first: nothing tells that
/// another one was sent before it.
std::vector<arriving> transmit(std::mt19937& random, const std::vector<rtp_parts>& sent, double loss,
                               double jitter) {
    std::uniform_real_distribution<double> chance(0, 1);
    std::vector<arriving> arrived;
    double clock = 100;
    for (const auto& packet : sent) {
        clock += 20;
        if (arrived.empty()) {
            arrived.push_back({clock, packet});
            continue;
        }
        if (chance(random) < loss) continue;
        arrived.push_back({clock + jitter * chance(random), packet});
        if (chance(random) < loss) arrived.push_back({clock + jitter * chance(random), packet});
    }
    std::ranges::stable_sort(arrived, {}, &arriving::ms);
    return arrived;
}

bool is_audio(const rtp_parts& packet) {
    return packet.payload_type != events;
}

/// The octets of audio with their timestamps, so that nothing can be taken for something else.
std::vector<std::pair<std::uint32_t, std::byte>> audio_of(const std::vector<rtp_parts>& packets) {
    std::vector<std::pair<std::uint32_t, std::byte>> all;
    for (const auto& each : packets) {
        if (!is_audio(each)) continue;
        const auto ticks = measure_audio(each.payload_type, each.payload).value_or(audio_frames{}).ticks;
        for (std::size_t i = 0; i < each.payload.size(); ++i)
            all.emplace_back(each.timestamp + static_cast<std::uint32_t>(i * ticks / each.payload.size()),
                             each.payload[i]);
    }
    return all;
}

bool is_monotonic(const std::vector<rtp_parts>& packets) {
    const rtp_parts* last = nullptr;
    for (const auto& each : packets) {
        if (!is_audio(each)) continue;
        if (last != nullptr && static_cast<std::int32_t>(each.timestamp - last->timestamp) <= 0) return false;
        last = &each;
    }
    return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(reordering_within_patience_changes_nothing_but_the_framing) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            const auto sent = random_call(random, 200);
            reframed_stream stream(static_cast<int>(1 + random() % 200));
            for (const auto& [ms, packet] : transmit(random, sent, 0, 38))
                BOOST_TEST(stream.take(static_cast<int>(ms), packet));
            stream.finish();
            BOOST_TEST((payloads(stream.sent) == payloads(sent)));
            BOOST_TEST((audio_of(stream.sent) == audio_of(sent)));
            BOOST_TEST(is_monotonic(stream.sent));
            BOOST_TEST(numbers_follow_each_other(stream.sent));
        }
    }
}

BOOST_AUTO_TEST_CASE(whatever_the_network_does_octets_are_sent_once_and_in_order) {
    std::size_t discarded_in_all = 0;
    for (unsigned seed = 1; seed <= 500; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            const auto sent = random_call(random, 200);
            reframed_stream stream(static_cast<int>(1 + random() % 200));
            std::vector<std::size_t> accepted;
            for (const auto& [ms, packet] : transmit(random, sent, 0.1, 100)) {
                if (stream.take(static_cast<int>(ms), packet))
                    accepted.push_back(static_cast<std::uint16_t>(packet.number - sent.front().number));
                else
                    ++discarded_in_all;
            }
            stream.finish();

            // What was accepted, in the order in which it was sent.
            std::ranges::sort(accepted);
            BOOST_TEST((std::ranges::adjacent_find(accepted) == accepted.end()));
            std::vector<rtp_parts> expected;
            for (const auto index : accepted)
                expected.push_back(sent[index]);
            BOOST_TEST((payloads(stream.sent) == payloads(expected)));
            BOOST_TEST((audio_of(stream.sent) == audio_of(expected)));
            BOOST_TEST(is_monotonic(stream.sent));
            BOOST_TEST(numbers_follow_each_other(stream.sent));
            BOOST_TEST(stream->held() == 0u);
        }
    }
    BOOST_TEST(discarded_in_all > 0u);
}

BOOST_AUTO_TEST_CASE(nothing_waits_longer_than_twice_the_packet_time_and_the_patience) {
    for (unsigned seed = 1; seed <= 100; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            const auto sent = random_call(random, 200);
            const int packet_time = static_cast<int>(1 + random() % 100);
            constexpr int longest_frame = 30;                             // of G.723.1
            const int in_whole_frames = packet_time + longest_frame - 1;  // at most
            const auto longest = std::chrono::milliseconds{std::max(2 * in_whole_frames, 40) + 20};
            reframed_stream stream(packet_time);
            for (const auto& [ms, packet] : transmit(random, sent, 0.1, 60)) {
                const auto now = time_point{1h} + std::chrono::milliseconds{static_cast<int>(ms)};
                stream.take(static_cast<int>(ms), packet);
                if (const auto due = stream->next_due()) BOOST_TEST((*due <= now + longest));
            }
        }
    }
}
