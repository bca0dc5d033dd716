#define BOOST_TEST_MODULE dtmf_detector
#include "rtpproxy/rtp/dtmf_detector.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace rtpproxy {
static std::ostream& operator<<(std::ostream& out, const dtmf_digit& d) {
    return out << "'" << d.digit << "' volume " << int{d.volume} << " duration " << d.duration;
}
}  // namespace rtpproxy

namespace {

std::vector<std::byte> event(unsigned code, unsigned duration, bool end = false, unsigned volume = 10) {
    return {std::byte(code), std::byte((end ? 0x80U : 0U) | volume), std::byte(duration >> 8),
            std::byte(duration & 0xffU)};
}
constexpr bool end = true;

/// A detector in virtual time that writes down what it reports, and when.
struct listener {
    void take(int ms, std::uint32_t timestamp, const std::vector<std::byte>& payload,
              std::uint16_t sequence_number = 0, bool marker = false) {
        advance_to(ms);
        detector.on_packet(timestamp, payload, start + std::chrono::milliseconds{ms}, sequence_number,
                           marker);
        drain(ms);
    }
    void advance_to(int ms) {
        const auto now = start + std::chrono::milliseconds{ms};
        for (auto due = detector.next_due(); due && *due <= now; due = detector.next_due())
            drain(static_cast<int>((*due - start) / 1ms));
    }
    void drain(int ms) {
        while (const auto digit = detector.next(start + std::chrono::milliseconds{ms})) {
            digits.push_back(*digit);
            when.push_back(ms);
        }
    }
    [[nodiscard]] std::string text() const {
        std::string result;
        for (const auto& each : digits)
            result += each.digit;
        return result;
    }

    const time_point start{1h};
    dtmf_detector detector;
    std::vector<dtmf_digit> digits;
    std::vector<int> when;
};

/// The packets of a key press: updates every 20 ms, the end three times.
struct key_press {
    unsigned code;
    std::uint32_t timestamp;
    int updates = 4;
};
std::vector<std::vector<std::byte>> packets_of(const key_press& key) {
    std::vector<std::vector<std::byte>> result;
    for (int i = 1; i <= key.updates; ++i)
        result.push_back(event(key.code, static_cast<unsigned>(160 * i)));
    for (int i = 0; i < 3; ++i)
        result.push_back(event(key.code, static_cast<unsigned>(160 * key.updates), end));
    return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_digit_is_reported_once) {
    listener heard;
    int ms = 0;
    for (unsigned code = 0; code <= 16; ++code)
        for (const auto& packet : packets_of({code, 8000 * code}))
            heard.take(ms += 20, 8000 * code, packet);
    heard.advance_to(ms + 1000);
    BOOST_TEST(heard.text() == "0123456789*#ABCD ");
    BOOST_TEST(heard.digits.front() == (dtmf_digit{'0', 10, 640}));
    BOOST_TEST(heard.when.front() == 100);
}

BOOST_AUTO_TEST_CASE(the_volume_is_that_of_the_end_and_the_duration_the_longest) {
    listener heard;
    heard.take(0, 7, event(5, 160, false, 63));
    heard.take(20, 7, event(5, 960, false, 30));
    heard.take(40, 7, event(5, 640, end, 9));
    BOOST_TEST(heard.digits == (std::vector<dtmf_digit>{{'5', 9, 960}}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_same_key_twice_is_two_digits) {
    listener heard;
    int ms = 0;
    for (const std::uint32_t timestamp : {1000u, 2000u})
        for (const auto& packet : packets_of({7, timestamp}))
            heard.take(ms += 20, timestamp, packet);
    BOOST_TEST(heard.text() == "77");
}

BOOST_AUTO_TEST_CASE(an_event_whose_start_is_lost_is_reported_when_its_end_is_said_again) {
    listener heard;
    heard.take(0, 5, event(3, 640, end));
    BOOST_TEST(heard.text().empty());
    heard.take(20, 5, event(3, 640, end));
    BOOST_TEST(heard.text() == "3");
    heard.take(40, 5, event(3, 640, end));
    BOOST_TEST(heard.text() == "3");
}

BOOST_AUTO_TEST_CASE(a_lone_end_is_never_reported) {
    listener heard;
    heard.take(0, 5, event(3, 640, end));
    heard.advance_to(5000);
    for (const auto& packet : packets_of({4, 9000}))
        heard.take(5000, 9000, packet);
    BOOST_TEST(heard.text() == "4");
}

BOOST_AUTO_TEST_CASE(an_update_that_was_overtaken_by_the_end_does_not_count_as_start) {
    listener heard;
    heard.take(0, 5, event(3, 640, end));
    heard.take(5, 5, event(3, 480));
    heard.advance_to(2000);
    BOOST_TEST(heard.text().empty());
}

BOOST_AUTO_TEST_CASE(an_event_whose_end_is_lost_is_reported_after_a_silence) {
    listener heard;
    heard.take(0, 5, event(3, 160, false, 20));
    heard.take(20, 5, event(3, 320, false, 21));
    heard.advance_to(319);
    BOOST_TEST(heard.digits.empty());
    heard.advance_to(320);
    BOOST_TEST(heard.digits == (std::vector<dtmf_digit>{{'3', 21, 320}}), boost::test_tools::per_element());
    heard.take(400, 5, event(3, 480, end));
    heard.advance_to(2000);
    BOOST_TEST(heard.text() == "3");
}

BOOST_AUTO_TEST_CASE(digits_keep_their_order_when_an_end_is_lost) {
    listener heard;
    heard.take(0, 100, event(1, 160));
    heard.take(60, 900, event(2, 160));
    BOOST_TEST(heard.text().empty());  // the end of the first may still come
    heard.take(80, 900, event(2, 320, end));
    BOOST_TEST(heard.text() == "12");
}

BOOST_AUTO_TEST_CASE(an_end_that_was_overtaken_by_the_next_digit_counts) {
    listener heard;
    heard.take(0, 100, event(1, 160));
    heard.take(60, 900, event(2, 160));
    heard.take(61, 100, event(1, 480, end));
    heard.take(80, 900, event(2, 320, end));
    BOOST_TEST(heard.digits == (std::vector<dtmf_digit>{{'1', 10, 480}, {'2', 10, 320}}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(four_events_are_remembered) {
    listener heard;
    int ms = 0;
    const auto press = [&](unsigned code) {
        for (const auto& packet : packets_of({code, code * 1000}))
            heard.take(++ms, code * 1000, packet);
    };
    for (unsigned code = 1; code <= 4; ++code)
        press(code);
    heard.take(++ms, 1000, event(1, 640, end));  // still known
    BOOST_TEST(heard.text() == "1234");
    press(5);
    heard.take(++ms, 1000, event(1, 640, end));  // forgotten, and its end is said once
    BOOST_TEST(heard.text() == "12345");
}

BOOST_AUTO_TEST_CASE(no_digit_is_lost_when_no_end_comes_at_all) {
    listener heard;
    for (unsigned code = 1; code <= 9; ++code)
        heard.take(static_cast<int>(code) * 10, code * 1000, event(code, 160));
    heard.advance_to(2000);
    BOOST_TEST(heard.text() == "123456789");
}

BOOST_AUTO_TEST_CASE(the_segments_of_a_long_event_are_one_digit) {
    listener heard;
    heard.take(0, 100, event(8, 0xff00));
    heard.take(20, 100, event(8, 0xffff));
    heard.take(40, 100 + 0xffff, event(8, 160));
    heard.take(45, 100, event(8, 0xffff));  // again, late
    heard.take(60, 100 + 0xffff, event(8, 320, end));
    heard.advance_to(2000);
    BOOST_TEST(heard.digits == (std::vector<dtmf_digit>{{'8', 10, 65535 + 320}}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(keys_of_one_timestamp_are_each_reported) {
    listener heard;
    int ms = 0;
    std::uint16_t sequence_number = 65530;
    for (const unsigned code : {1u, 2u, 3u, 3u, 1u, 1u}) {
        bool marker = true;
        for (const auto& packet : packets_of({code, 0x3200})) {
            heard.take(ms += 20, 0x3200, packet, sequence_number++, marker);
            marker = false;
        }
    }
    heard.advance_to(ms + 1000);
    BOOST_TEST(heard.text() == "123311");
}

BOOST_AUTO_TEST_CASE(a_start_that_comes_late_or_again_is_no_new_key) {
    listener heard;
    heard.take(0, 5, event(3, 160), 1, true);
    heard.take(10, 5, event(3, 160), 2, true);  // some phones mark the start three times
    heard.take(20, 5, event(3, 640, end), 4);
    heard.take(30, 5, event(3, 160), 1, true);
    heard.take(40, 5, event(3, 640, end), 5);
    heard.advance_to(2000);
    BOOST_TEST(heard.text() == "3");
}

BOOST_AUTO_TEST_CASE(a_late_end_is_not_that_of_the_same_key_again) {
    listener heard;
    heard.take(0, 5, event(3, 160), 1, true);
    heard.take(20, 5, event(3, 640), 2);
    heard.take(40, 5, event(3, 160), 4, true);
    BOOST_TEST(heard.text() == "3");
    heard.take(45, 5, event(3, 800, end), 3);
    BOOST_TEST(heard.text() == "3");
    heard.take(60, 5, event(3, 320, end), 5);
    heard.advance_to(2000);
    BOOST_TEST(heard.digits == (std::vector<dtmf_digit>{{'3', 10, 640}, {'3', 10, 320}}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_no_digit_is_ignored) {
    listener heard;
    for (const auto& payload : {event(17, 160), event(255, 160), event(64, 160)}) {
        heard.take(0, 1, payload);
        heard.take(1, 1, payload);
    }
    heard.take(2, 2, {});
    heard.take(3, 3, {std::byte{1}, std::byte{10}, std::byte{0}});
    heard.advance_to(2000);
    BOOST_TEST(heard.digits.empty());
    BOOST_TEST(!heard.detector.next_due().has_value());
}

BOOST_AUTO_TEST_CASE(the_reserved_bit_and_further_events_do_not_matter) {
    listener heard;
    auto payload = event(4, 160);
    payload[1] |= std::byte{0x40};
    payload.insert(payload.end(), 4, std::byte{9});
    heard.take(0, 1, payload);
    payload[1] |= std::byte{0x80};
    heard.take(20, 1, payload);
    BOOST_TEST(heard.digits == (std::vector<dtmf_digit>{{'4', 10, 160}}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(digits_survive_loss_and_reordering) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            struct arrival {
                int ms;
                std::uint32_t timestamp;
                std::vector<std::byte> payload;
            };
            std::vector<arrival> arrivals;
            std::string pressed;
            int ms = 0;
            for (int n = 0; n < 20; ++n) {
                const key_press key{static_cast<unsigned>(random() % 16), static_cast<std::uint32_t>(ms) * 8,
                                    2 + static_cast<int>(random() % 10)};
                auto packets = packets_of(key);
                pressed += "0123456789*#ABCD"[key.code];
                // Any packets may be lost, as long as two that make a digit come: the first and one more.
                for (std::size_t i = 0; i < packets.size(); ++i) {
                    ms += 20;
                    if (i != 0 && i + 1 != packets.size() && random() % 2 == 0) continue;
                    const auto late = i == 0 ? 0 : static_cast<int>(random() % 40);
                    arrivals.push_back({ms + late, key.timestamp, packets[i]});
                    if (random() % 4 == 0) arrivals.push_back({ms + late + 5, key.timestamp, packets[i]});
                }
                ms += 60;
            }
            std::ranges::stable_sort(arrivals, {}, &arrival::ms);
            listener heard;
            for (const auto& each : arrivals)
                heard.take(each.ms, each.timestamp, each.payload);
            heard.advance_to(ms + 1000);
            BOOST_TEST(heard.text() == pressed);
        }
    }
}
