#define BOOST_TEST_MODULE audio_frames
#include "rtpproxy/rtp/audio_frames.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

using namespace rtpproxy;

namespace {

/// Octets of which some are given, by place.
std::vector<std::byte> octets(std::size_t count,
                              std::initializer_list<std::pair<std::size_t, unsigned>> given = {}) {
    std::vector<std::byte> result(count);
    for (const auto& [place, value] : given)
        result.at(place) = std::byte(value);
    return result;
}

struct measured {
    std::string name;
    std::uint8_t payload_type;
    std::vector<std::byte> payload;
    std::optional<std::uint32_t> ticks;
    bool extendable = true;
};

}  // namespace

BOOST_AUTO_TEST_CASE(audio_is_measured_in_ticks_of_its_clock) {
    const measured cases[] = {
        {"PCMU", 0, octets(160), 160},
        {"PCMA", 8, octets(240), 240},
        {"PCMU, any number of octets", 0, octets(123), 123},
        {"G.722: 8000 ticks a second, one octet each", 9, octets(160), 160},
        {"GSM", 3, octets(66), 320},
        {"GSM, half a frame", 3, octets(50), std::nullopt},
        {"G.729", 18, octets(20), 160},
        {"G.729 with comfort noise at its end", 18, octets(22), 240, false},
        {"G.729, comfort noise alone", 18, octets(2), 80, false},
        {"G.723 at 6.3 kbit/s", 4, octets(48), 480},
        {"G.723 at 5.3 kbit/s", 4, octets(40, {{0, 1}, {20, 0xfd}}), 480},
        {"G.723 of both rates, and silence", 4, octets(48, {{24, 1}, {44, 2}}), 720},
        {"G.723, the rate that does not exist", 4, octets(24, {{0, 3}}), std::nullopt},
        {"G.723, half a frame", 4, octets(30), std::nullopt},
        {"nothing", 0, {}, std::nullopt},
        {"comfort noise", 13, octets(1), std::nullopt},
        {"events", 101, octets(4), std::nullopt},
        {"a 16 kHz codec", 6, octets(160), std::nullopt},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            const auto all = measure_audio(c.payload_type, c.payload);
            BOOST_TEST(all.has_value() == c.ticks.has_value());
            if (!all || !c.ticks) continue;
            BOOST_TEST(all->ticks == *c.ticks);
            BOOST_TEST(all->octets == c.payload.size());
            BOOST_TEST(all->extendable == c.extendable);
        }
    }
}

BOOST_AUTO_TEST_CASE(as_many_frames_are_taken_as_fit) {
    const struct {
        std::string name;
        std::uint8_t payload_type;
        std::vector<std::byte> payload;
        std::uint32_t most_ticks;
        std::uint32_t ticks;
        std::size_t octets;
    } cases[] = {
        {"PCMU", 0, octets(240), 160, 160, 160},
        {"G.722 is split where its time is, not at half of it", 9, octets(320), 160, 160, 160},
        {"GSM never in the middle of a frame", 3, octets(99), 330, 320, 66},
        {"G.723 by the length of each frame", 4, octets(68, {{24, 1}}), 480, 480, 44},
        {"G.729", 18, octets(60), 160, 160, 20},
        {"less than there might be", 18, octets(20), 1000, 160, 20},
        {"less than a frame", 3, octets(33), 159, 0, 0},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            const auto taken = take_audio(c.payload_type, c.payload, c.most_ticks);
            BOOST_TEST(taken.ticks == c.ticks);
            BOOST_TEST(taken.octets == c.octets);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_shortest_piece_is_a_frame_or_ten_milliseconds) {
    for (const unsigned type : {0u, 8u, 9u, 18u})
        BOOST_TEST(shortest_audio(static_cast<std::uint8_t>(type)).value_or(0) == 80u);
    BOOST_TEST(shortest_audio(3).value_or(0) == 160u);
    BOOST_TEST(shortest_audio(4).value_or(0) == 240u);
    for (const unsigned type : {1u, 5u, 13u, 15u, 19u, 96u, 101u, 127u})
        BOOST_TEST(!shortest_audio(static_cast<std::uint8_t>(type)).has_value());
}
