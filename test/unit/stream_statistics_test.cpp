#define BOOST_TEST_MODULE stream_statistics
#include "rtpproxy/rtp/stream_statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace rtpproxy;
using namespace std::chrono_literals;

static_assert(sizeof(stream_statistics) <= 1100, "there is one for each leg of each call");

namespace {

constexpr bool marked = true;

struct packet {
    unsigned sequence_number;  ///< beyond 65535 it wraps
    bool marker = false;
    std::uint32_t ssrc = 1;
    std::uint32_t time = 0;  ///< added to the timestamp, which else goes with the number
};

rtp_header header_of(const packet& from) {
    rtp_header header;
    header.sequence_number = static_cast<std::uint16_t>(from.sequence_number);
    header.timestamp = from.sequence_number * 160 + from.time;
    header.ssrc = from.ssrc;
    header.marker = from.marker;
    return header;
}

std::vector<packet> range(unsigned first, unsigned last) {
    std::vector<packet> result;
    for (auto number = first; number <= last; ++number)
        result.push_back({number});
    return result;
}

std::vector<packet> operator+(std::vector<packet> lhs, const std::vector<packet>& rhs) {
    lhs.insert(lhs.end(), rhs.begin(), rhs.end());
    return lhs;
}

/// 50 frames of two packets; the last one of each comes behind the first of the next.
std::vector<packet> overtaken_ends_of_frames() {
    std::vector<packet> result{{1}};
    for (unsigned frame = 1; frame < 50; ++frame) {
        result.push_back({2 * frame + 1});
        result.push_back({2 * frame, marked});
    }
    result.push_back({100, marked});
    return result;
}

const std::vector<packet> file_of_200 = std::vector<packet>{{1, marked}} + range(2, 200);

stream_statistics statistics_of(const std::vector<packet>& packets) {
    stream_statistics statistics;
    for (const auto& each : packets)
        statistics.on_packet(header_of(each), time_point{});
    return statistics;
}

/// The counting rules once more, with sets in place of the bit windows, and nothing else shared.
class reference_model {
  public:
    void take(const packet& p) {
        const std::int64_t raw = p.sequence_number;
        if (ssrc_ != p.ssrc) return begin(p);
        const auto highest = *seen_.rbegin();
        auto number = raw + offset_;
        if (highest - offset_ < 536 && raw > 65000) {
            number -= 65536;
        } else if (number < highest - 65000) {
            number += 65536;
        } else if (std::abs(number - highest) > 536) {
            return begin(p);
        }
        if (suspect_ && *suspect_ + 1 == number && seen_.contains(number)) {
            --(suspect_was_seen_ ? duplicates_ : received_);
            if (!suspect_was_seen_) seen_.erase(*suspect_);
            begin({static_cast<unsigned>(*suspect_ & 0xffff), marked, p.ssrc, suspect_time_});
            return take(p);
        }
        suspect_.reset();
        const auto ahead = static_cast<std::int32_t>(header_of(p).timestamp - timestamp_);
        const bool other_time = ahead > 0 || ahead < -(1 << 20);
        if (p.marker && number <= highest) {
            const bool far = number < highest - 100;
            if (number < *seen_.begin()) {
                if (far || other_time) return begin(p);
            } else if (!seen_.contains(number)) {
                if (other_time) suspect(number, p);
            } else if (other_time || (!far && number != highest && !marked_.contains(number))) {
                return begin(p);
            } else if (far) {
                suspect(number, p);
            }
        }
        if (number >= offset_ + 65536) offset_ += 65536;
        if (number > highest) timestamp_ = header_of(p).timestamp;
        if (!seen_.insert(number).second) {
            ++duplicates_;
            return;
        }
        ++received_;
        if (p.marker) marked_.insert(number);
    }

    [[nodiscard]] std::uint64_t sent() const { return sent_ + span(); }
    [[nodiscard]] std::uint64_t received() const { return received_; }
    [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }

  private:
    void begin(const packet& first) {
        sent_ += span();
        seen_ = {first.sequence_number};
        marked_.clear();
        if (first.marker) marked_ = seen_;
        ++received_;
        ssrc_ = first.ssrc;
        timestamp_ = header_of(first).timestamp;
        offset_ = 0;
        suspect_.reset();
    }
    void suspect(std::int64_t number, const packet& p) {
        suspect_ = number;
        suspect_was_seen_ = seen_.contains(number);
        suspect_time_ = p.time;
    }
    [[nodiscard]] std::uint64_t span() const {
        return seen_.empty() ? 0 : static_cast<std::uint64_t>(*seen_.rbegin() - *seen_.begin() + 1);
    }

    std::set<std::int64_t> seen_;
    std::set<std::int64_t> marked_;
    std::optional<std::int64_t> suspect_;
    bool suspect_was_seen_ = false;
    std::uint32_t suspect_time_ = 0;
    std::uint32_t timestamp_ = 0;
    std::optional<std::uint32_t> ssrc_;
    std::int64_t offset_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t duplicates_ = 0;
};

/// A number in [0, bound).
unsigned draw(std::mt19937& random, unsigned bound) {
    return static_cast<unsigned>(random() % bound);
}

/// A sender's packets after a network that loses, repeats and delays them by a few hundred places.
std::vector<packet> disturbed(const std::vector<packet>& packets, std::mt19937& random) {
    std::vector<std::pair<std::size_t, packet>> arrivals;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (draw(random, 20) == 0) continue;
        const auto delay = draw(random, 10) == 0 ? draw(random, 400) : 0;
        arrivals.emplace_back(i + delay, packets[i]);
        if (draw(random, 15) == 0) arrivals.emplace_back(i + draw(random, 400), packets[i]);
    }
    std::ranges::stable_sort(arrivals, {}, &std::pair<std::size_t, packet>::first);
    std::vector<packet> result;
    for (const auto& [place, each] : arrivals)
        result.push_back(each);
    return result;
}

/// The same, late by less than `most` places; the first packet is neither lost nor late.
std::vector<packet> disturbed_by(const std::vector<packet>& packets, std::mt19937& random, unsigned most) {
    std::vector<std::pair<std::size_t, packet>> arrivals{{0, packets.front()}};
    for (std::size_t i = 1; i < packets.size(); ++i) {
        if (draw(random, 20) == 0) continue;
        arrivals.emplace_back(i + (draw(random, 3) == 0 ? draw(random, most) : 0), packets[i]);
        if (draw(random, 10) == 0) arrivals.emplace_back(i + draw(random, most), packets[i]);
    }
    std::ranges::stable_sort(arrivals, {}, &std::pair<std::size_t, packet>::first);
    std::vector<packet> result;
    for (const auto& [place, each] : arrivals)
        result.push_back(each);
    return result;
}

/// A number that arrived, about `behind` below the highest.
unsigned seen_before(const std::set<unsigned>& numbers, unsigned behind) {
    const auto wanted = std::max(*numbers.rbegin() - behind, *numbers.begin());
    return *numbers.lower_bound(wanted);
}

/// Feeds one audio stream of payload type 0 (8 ticks a millisecond), times given from its start.
class jitter_script {
  public:
    jitter_script& packet(std::chrono::microseconds arrival, std::uint32_t timestamp) {
        header_.timestamp = timestamp;
        ++header_.sequence_number;
        statistics_.on_packet(header_, time_point{100h + arrival});
        return *this;
    }
    jitter_script& ssrc(std::uint32_t value) {
        header_.ssrc = value;
        return *this;
    }
    jitter_script& payload_type(std::uint8_t value) {
        header_.payload_type = value;
        return *this;
    }
    jitter_script& next_sequence_number(std::uint16_t value, bool marker) {
        header_.sequence_number = static_cast<std::uint16_t>(value - 1);
        header_.marker = marker;
        return *this;
    }
    [[nodiscard]] jitter_summary result() const { return statistics_.jitter(); }

  private:
    rtp_header header_;
    stream_statistics statistics_;
};

const auto nearly = boost::test_tools::tolerance(1e-9);

}  // namespace

BOOST_AUTO_TEST_CASE(sequence_numbers_are_counted) {
    struct {
        std::string name;
        std::vector<packet> packets;
        std::uint64_t sent;
        std::uint64_t received;
        std::uint64_t duplicates;
    } const cases[] = {
        {"no packet", {}, 0, 0, 0},
        {"one packet", {{7}}, 1, 1, 0},
        {"ten in order", range(100, 109), 10, 10, 0},
        {"a gap of three", range(100, 104) + range(108, 109), 10, 7, 0},
        {"two swapped", {{1}, {3}, {2}, {4}}, 4, 4, 0},
        {"a late packet from before the first", {{5}, {4}, {6}}, 3, 3, 0},
        {"each twice", range(1, 5) + range(1, 5), 5, 5, 5},
        {"a duplicate is not received", {{1}, {1}, {1}}, 1, 1, 2},
        {"wrap", range(65530, 65541), 12, 12, 0},
        {"wrap with losses on both sides", {{65530}, {65534}, {3}, {5}}, 12, 4, 0},
        {"marker after 65535 is no restart", {{65535}, {1, marked}}, 3, 2, 0},
        {"neither is one after a wrap that lost 65535", {{65534}, {1, marked}}, 4, 2, 0},
        {"marker at the wrap, overtaken", {{65534}, {65536}, {65535, marked}, {65537}}, 4, 4, 0},
        {"marker behind the wrap, overtaken", {{65535}, {65537}, {65536, marked}, {65538}}, 4, 4, 0},
        {"wrap over the widest gap", {{65100}, {99}}, 536, 2, 0},
        {"wrap over a wider gap is another run", {{65100}, {100}}, 2, 2, 0},
        {"535 may follow a number before the wrap", {{535}, {65500}}, 572, 2, 0},
        {"536 may not", {{536}, {65500}}, 2, 2, 0},
        {"65001 may be late across the wrap", {{65530}, {3}, {65001}}, 539, 3, 0},
        {"65000 may not", {{65530}, {3}, {65000}}, 11, 3, 0},
        {"late packet across the wrap", {{65533}, {65535}, {0}, {65534}, {1}}, 5, 5, 0},
        {"duplicate across the wrap", {{65534}, {65535}, {0}, {65535}, {1}}, 4, 4, 1},
        {"late by 1070, the most there is", range(65001, 66071) + range(65001, 65001), 1071, 1071, 1},
        {"began after the wrap, late packet from before it", {{1}, {65534}, {2}}, 5, 3, 0},
        {"began before the wrap, late packet from before it", {{65535}, {0}, {65533}}, 4, 3, 0},
        {"twice around", range(65000, 65000 + 140000), 140001, 140001, 0},
        {"restart by marker", range(500, 509) + std::vector<packet>{{200, marked}, {201}}, 12, 12, 0},
        {"marker on a repeated packet is no restart", {{10}, {11, marked}, {11, marked}, {12}}, 3, 3, 1},
        {"marker forwards is no restart", {{10}, {14, marked}}, 5, 2, 0},
        {"marker that is overtaken", {{1}, {3}, {2, marked}, {4}}, 4, 4, 0},
        {"marker overtaken by the first packets", {{2}, {3}, {1, marked}, {4}}, 4, 4, 0},
        {"marker that comes twice, late", {{1}, {2, marked}, {3}, {2, marked}, {4}}, 4, 4, 1},
        {"marker overtaken, then twice", {{1}, {3}, {2, marked}, {2, marked}, {4}}, 4, 4, 1},
        {"marker missed for long", range(1, 99) + range(101, 600) + std::vector<packet>{{100, marked}}, 600,
         600, 0},
        {"ends of video frames, each overtaken", overtaken_ends_of_frames(), 100, 100, 0},
        {"marker with a seen number of later time",
         {{1, marked}, {2}, {1, marked, 1, 800}, {2, false, 1, 800}},
         4,
         4,
         0},
        {"marker with a number before the first, of later time",
         {{9}, {10}, {7, marked, 1, 800}, {8, false, 1, 800}},
         4,
         4,
         0},
        {"marker with the highest number, of later time",
         {{1}, {2, marked}, {2, marked, 1, 800}, {3}},
         4,
         4,
         0},
        {"marker in a hole, of later time",
         {{1}, {3}, {4}, {2, marked, 1, 800}, {3, false, 1, 800}},
         6,
         5,
         0},
        {"a frame shown later is overtaken", {{1}, {3}, {4}, {2, marked, 1, 800}, {5}}, 5, 5, 0},
        {"a file of 200 packets once more", file_of_200 + file_of_200, 400, 400, 0},
        {"a duplicate late by 200", file_of_200 + std::vector<packet>{{1, marked}, {201}}, 201, 201, 1},
        {"marker just below starts anew", {{10}, {11}, {10, marked}}, 3, 3, 0},
        {"536 ahead is a gap", {{100}, {636}}, 537, 2, 0},
        {"537 ahead is another run", {{100}, {637}}, 2, 2, 0},
        {"536 behind is late", {{1000}, {464}}, 537, 2, 0},
        {"537 behind is another run", {{1000}, {463}}, 2, 2, 0},
        {"duplicates are forgotten with their run", {{100}, {5000}, {100}}, 3, 3, 0},
        {"new SSRC, same numbers", {{1}, {2}, {1, false, 9}, {2, false, 9}}, 4, 4, 0},
        {"SSRC goes and returns", {{1}, {2}, {70, false, 9}, {3}, {4}}, 5, 5, 0},
    };
    for (const auto& tc : cases) {
        BOOST_TEST_CONTEXT(tc.name) {
            const auto totals = statistics_of(tc.packets).totals();
            BOOST_TEST(totals.sent == tc.sent);
            BOOST_TEST(totals.received == tc.received);
            BOOST_TEST(totals.lost() == tc.sent - tc.received);
            BOOST_TEST(totals.duplicates == tc.duplicates);
            BOOST_TEST(totals.parse_errors == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(ssrc_changes_are_reported) {
    stream_statistics statistics;
    BOOST_TEST(!statistics.last_ssrc().has_value());
    BOOST_TEST(!statistics.last_payload_type().has_value());
    BOOST_TEST(statistics.ssrc_changes() == 0U);

    BOOST_TEST(statistics.on_packet(header_of({1, false, 0}), time_point{}));
    BOOST_TEST(!statistics.on_packet(header_of({2, false, 0}), time_point{}));
    BOOST_TEST(!statistics.on_packet(header_of({40000, false, 0}), time_point{}));
    BOOST_TEST(statistics.on_packet(header_of({3, false, 8}), time_point{}));
    BOOST_TEST(statistics.on_packet(header_of({4, false, 0}), time_point{}));
    BOOST_TEST(statistics.ssrc_changes() == 3U);
    BOOST_TEST(statistics.last_ssrc().value() == 0U);
    BOOST_TEST(statistics.last_payload_type().value() == 0);
}

BOOST_AUTO_TEST_CASE(datagrams_without_header_count_as_parse_errors_only) {
    stream_statistics statistics;
    BOOST_TEST(!statistics.on_packet(std::nullopt, time_point{}));
    BOOST_TEST(statistics.on_packet(header_of({1}), time_point{}));
    BOOST_TEST(!statistics.on_packet(std::nullopt, time_point{}));
    BOOST_TEST(!statistics.on_packet(header_of({2}), time_point{}));
    const auto totals = statistics.totals();
    BOOST_TEST(totals.parse_errors == 2U);
    BOOST_TEST(totals.received == 2U);
    BOOST_TEST(totals.sent == 2U);
    BOOST_TEST(statistics.last_ssrc().value() == 1U);
}

BOOST_AUTO_TEST_CASE(disturbed_stream_is_counted_exactly) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random{seed};
            const auto first = draw(random, 65536);
            const auto arrived = disturbed(range(first, first + 100000), random);

            std::set<unsigned> distinct;
            for (const auto& each : arrived)
                distinct.insert(each.sequence_number);
            const auto totals = statistics_of(arrived).totals();
            BOOST_TEST(totals.sent == *distinct.rbegin() - *distinct.begin() + 1);
            BOOST_TEST(totals.received == distinct.size());
            BOOST_TEST(totals.duplicates == arrived.size() - distinct.size());
        }
    }
}

// The sender's side is known here: what it sent in each run, and what the network did to it. Markers are on
// every kind of packet; the sender begins anew near by, far off, and at the wrap.
BOOST_AUTO_TEST_CASE(restarts_reordering_and_duplicates_are_told_apart) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random{seed};
            std::vector<packet> all;
            std::uint64_t sent = 0;
            std::uint64_t received = 0;
            std::uint64_t duplicates = 0;
            unsigned first = draw(random, 2) == 0 ? 65536 - draw(random, 200) : draw(random, 65536);
            std::uint32_t time = draw(random, 1000);  // frames sent so far, in packets of this stream's pace
            for (unsigned run = 0; run < 20; ++run) {
                const unsigned length = 150 + draw(random, 500);
                std::vector<packet> packets;
                for (unsigned i = 0; i < length; ++i)
                    packets.push_back({first + i, i == 0 || draw(random, 4) == 0, 1, (time - first) * 160});
                // The first packet comes first, so that there is something to restart at.
                const auto arrived = disturbed_by(packets, random, 50);
                std::set<unsigned> distinct;
                for (const auto& each : arrived)
                    distinct.insert(each.sequence_number);
                sent += *distinct.rbegin() - *distinct.begin() + 1;
                received += distinct.size();
                duplicates += arrived.size() - distinct.size();
                all = all + arrived;

                const auto highest = *distinct.rbegin();
                time += length + draw(random, 100);
                first = draw(random, 3) == 0 ? highest + 5000 + draw(random, 50000)
                                             : seen_before(distinct, 1 + draw(random, 140));
                first %= 65536;
            }
            const auto totals = statistics_of(all).totals();
            BOOST_TEST(totals.sent == sent);
            BOOST_TEST(totals.received == received);
            BOOST_TEST(totals.duplicates == duplicates);
        }
    }
}

BOOST_AUTO_TEST_CASE(bit_window_counts_as_a_set_would) {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random{seed};
            stream_statistics statistics;
            reference_model model;
            packet next{draw(random, 65536)};
            for (int i = 0; i < 30000; ++i) {
                const auto dice = draw(random, 1000);
                auto step = 1 + draw(random, 3);
                if (dice < 10) step = draw(random, 540);  // a gap, up to just beyond the tolerance
                if (dice >= 10 && dice < 12) step = draw(random, 65536);  // the sender starts elsewhere
                if (dice == 12) next.ssrc = draw(random, 3);
                next.sequence_number = (next.sequence_number + step) % 65536;
                auto arriving = next;
                if (dice >= 100 && dice < 400) {  // late or repeated, also by too much
                    const auto behind = draw(random, dice < 110 ? 1100 : 530);
                    arriving.sequence_number = (next.sequence_number + 65536 - behind) % 65536;
                }
                arriving.marker = dice >= 980 || draw(random, 40) == 0;
                if (dice >= 970 && dice < 980) next.time += draw(random, 1000) * 160;

                statistics.on_packet(header_of(arriving), time_point{});
                model.take(arriving);
                const auto totals = statistics.totals();
                BOOST_REQUIRE_EQUAL(totals.sent, model.sent());
                BOOST_REQUIRE_EQUAL(totals.received, model.received());
                BOOST_REQUIRE_EQUAL(totals.duplicates, model.duplicates());
            }
            BOOST_TEST(model.duplicates() > 500U);
        }
    }
}

BOOST_AUTO_TEST_CASE(clock_rates_are_those_of_rfc_3551) {
    const std::pair<unsigned, unsigned> rates[] = {
        {0, 8000},   {3, 8000},   {4, 8000},  {5, 8000},  {6, 16000},  {7, 8000},  {8, 8000},   {9, 8000},
        {10, 44100}, {11, 44100}, {12, 8000}, {13, 8000}, {14, 90000}, {15, 8000}, {16, 11025}, {17, 22050},
        {18, 8000},  {19, 0},     {31, 0},    {96, 0},    {101, 0},    {127, 0}};
    for (const auto& [payload_type, rate] : rates) {
        BOOST_TEST_CONTEXT("payload type " << payload_type) {
            BOOST_TEST(static_clock_rate(static_cast<std::uint8_t>(payload_type)) == rate);
        }
    }
}

BOOST_AUTO_TEST_CASE(jitter_follows_rfc_3550) {
    // Spacing off by 0, +5, -5, 0 and +1.25 ms: |D| = 0, 40, 40, 0 and 10 ticks.
    // J = 0; 40/16 = 2.5; 2.5 + 37.5/16 = 4.84375; 4.84375 * 15/16; that + (10 - that)/16.
    const auto jitter = jitter_script{}
                            .packet(0ms, 0)
                            .packet(20ms, 160)
                            .packet(45ms, 320)
                            .packet(60ms, 480)
                            .packet(80ms, 640)
                            .packet(101250us, 800)
                            .result();
    const double last = 4.541015625 + (10 - 4.541015625) / 16;
    BOOST_TEST(jitter.last == last, nearly);
    BOOST_TEST(jitter.maximum == last, nearly);
    BOOST_TEST(jitter.average == (0 + 2.5 + 4.84375 + 4.541015625 + last) / 5, nearly);
}

BOOST_AUTO_TEST_CASE(jitter_remembers_its_peak) {
    // One packet 160 ms late among even ones: J jumps to 80 and falls to next to nothing.
    jitter_script script;
    for (int i = 0; i < 200; ++i)
        script.packet(i * 20ms + (i >= 50 ? 160ms : 0ms), static_cast<std::uint32_t>(i) * 160);
    const auto jitter = script.result();
    BOOST_TEST(jitter.last < 0.1);
    BOOST_TEST(jitter.maximum == 80.0, nearly);
    // 80 (1 + 15/16 + ... ) over 199 samples.
    BOOST_TEST(jitter.average == 80 * 16 * (1 - std::pow(15.0 / 16, 150)) / 199, nearly);
}

BOOST_AUTO_TEST_CASE(jitter_agrees_with_a_plain_computation) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random{seed};
            const unsigned streams = 1 + draw(random, 14);  // more than ten are not followed at once
            jitter_script script;
            double last = 0;
            double maximum = 0;
            double sum = 0;
            unsigned samples = 0;
            std::chrono::microseconds begun{0};
            for (unsigned stream = 0; stream < streams; ++stream) {
                const unsigned length = 2 + draw(random, 300);
                const auto worst = 1 + draw(random, 30'000);
                const auto arrival = [&](unsigned i) {
                    return begun + i * 20ms + std::chrono::microseconds{draw(random, worst)};
                };
                auto before = arrival(0);
                script.ssrc(stream).packet(before, 0);
                last = 0;
                for (unsigned i = 1; i < length; ++i) {
                    const auto now = std::max(before, arrival(i));  // may be bunched
                    script.packet(now, i * 160);
                    const double difference =
                        std::abs(static_cast<double>((now - before).count()) * 8 / 1000 - 160);
                    last += (difference - last) / 16;
                    maximum = std::max(maximum, last);
                    sum += last;
                    ++samples;
                    before = now;
                }
                begun += length * 20ms;
            }
            const auto jitter = script.result();
            BOOST_TEST(jitter.last == last, nearly);
            BOOST_TEST(jitter.maximum == maximum, nearly);
            BOOST_TEST(jitter.average == sum / samples, nearly);
        }
    }
}

BOOST_AUTO_TEST_CASE(jitter_needs_two_packets_and_a_known_clock) {
    BOOST_TEST(jitter_script{}.result().average == 0);
    BOOST_TEST(jitter_script{}.packet(0ms, 0).result().maximum == 0);
    const auto dynamic =
        jitter_script{}.payload_type(96).packet(0ms, 0).packet(25ms, 160).packet(40ms, 320).result();
    BOOST_TEST(dynamic.last == 0);
    BOOST_TEST(dynamic.maximum == 0);
    BOOST_TEST(dynamic.average == 0);
}

BOOST_AUTO_TEST_CASE(jitter_uses_the_clock_of_the_payload_type) {
    // 5 ms late at 44100 Hz: 220.5 ticks.
    const auto jitter = jitter_script{}.payload_type(11).packet(0ms, 0).packet(25ms, 882).result();
    BOOST_TEST(jitter.last == 220.5 / 16, nearly);
}

BOOST_AUTO_TEST_CASE(jitter_survives_the_timestamp_wrap) {
    const auto jitter = jitter_script{}.packet(0ms, 0xffffffb0U).packet(25ms, 0x50U).result();
    BOOST_TEST(jitter.last == 2.5, nearly);
}

BOOST_AUTO_TEST_CASE(jitter_of_a_late_packet_is_a_sample) {
    // The packet of 20 ms comes 30 ms after that of 40 ms: D = 240 + 160.
    const auto jitter = jitter_script{}.packet(0ms, 0).packet(40ms, 320).packet(70ms, 160).result();
    BOOST_TEST(jitter.last == 400.0 / 16, nearly);
}

BOOST_AUTO_TEST_CASE(timestamps_seen_among_the_last_ten_give_no_sample) {
    jitter_script script;
    for (int i = 0; i < 10; ++i)
        script.packet(i * 20ms, static_cast<std::uint32_t>(i) * 160);
    script.packet(185ms, 9 * 160).packet(190ms, 0).packet(200ms, 10 * 160);
    BOOST_TEST(script.result().maximum == 0);

    // 160 has been pushed out by 1760 now and counts again: D = 5 ms back by 1600 ticks.
    script.packet(220ms, 11 * 160).packet(225ms, 160);
    BOOST_TEST(script.result().maximum == 1640.0 / 16, nearly);
}

BOOST_AUTO_TEST_CASE(jumping_timestamps_begin_a_new_reference) {
    struct {
        std::string name;
        std::uint32_t step;
        double expected;
    } const cases[] = {
        // 20 ms are 160 ticks: 1024 times that forwards and 50 times that backwards are the last samples.
        {"forwards, within", 163840, (163840 - 160) / 16.0},
        {"forwards, beyond", 163841, 0},
        {"backwards, within", static_cast<std::uint32_t>(-8000), (8000 + 160) / 16.0},
        {"backwards, beyond", static_cast<std::uint32_t>(-8001), 0},
        {"half way round", 0x80000000U, 0},
    };
    for (const auto& tc : cases) {
        BOOST_TEST_CONTEXT(tc.name) {
            constexpr std::uint32_t start = 1'000'000;
            jitter_script script;
            script.packet(0ms, start).packet(20ms, start + tc.step);
            BOOST_TEST(script.result().last == tc.expected, nearly);
            // The next packet keeps the pace of the new reference.
            script.packet(40ms, start + tc.step + 160);
            BOOST_TEST(script.result().last == tc.expected * 15 / 16, nearly);
        }
    }
}

BOOST_AUTO_TEST_CASE(restart_begins_a_new_reference) {
    struct {
        std::string name;
        std::uint16_t sequence_number;
        bool marker;
        double expected;
    } const cases[] = {
        {"no restart", 502, false, 80.0 / 16},
        {"marker backwards", 100, true, 0},
        {"jump", 10000, false, 0},
    };
    for (const auto& tc : cases) {
        BOOST_TEST_CONTEXT(tc.name) {
            jitter_script script;
            script.next_sequence_number(500, false).packet(0ms, 0).packet(20ms, 160);
            script.next_sequence_number(tc.sequence_number, tc.marker).packet(50ms, 320);
            BOOST_TEST(script.result().last == tc.expected, nearly);
        }
    }
}

BOOST_AUTO_TEST_CASE(change_of_the_clock_begins_a_new_reference) {
    const auto jitter = jitter_script{}.packet(0ms, 0).payload_type(11).packet(25ms, 160).result();
    BOOST_TEST(jitter.maximum == 0);
}

BOOST_AUTO_TEST_CASE(jitter_is_kept_for_each_ssrc) {
    // Two interleaved streams, the first with 5 ms and the second with 10 ms too much; a third with a single
    // packet.
    jitter_script script;
    script.ssrc(1).packet(0ms, 0).ssrc(2).packet(1ms, 5000);
    script.ssrc(1).packet(25ms, 160).ssrc(2).packet(31ms, 5160);
    script.ssrc(3).packet(40ms, 77);
    const auto jitter = script.result();
    BOOST_TEST(jitter.last == 5.0, nearly);
    BOOST_TEST(jitter.maximum == 5.0, nearly);
    BOOST_TEST(jitter.average == 3.75, nearly);
    BOOST_TEST(script.ssrc(1).packet(45ms, 320).result().last == 5.0, nearly);
}

BOOST_AUTO_TEST_CASE(jitter_of_many_ssrcs_stays_in_maximum_and_average) {
    // 25 streams; number i comes i ms late once, so that its jitter is i / 2 ticks.
    jitter_script script;
    for (unsigned i = 25; i >= 1; --i) {
        const auto start = (26 - i) * 1000ms;
        script.ssrc(i).packet(start, 0).packet(start + 20ms + i * 1ms, 160);
    }
    const auto jitter = script.result();
    BOOST_TEST(jitter.last == 0.5, nearly);
    BOOST_TEST(jitter.maximum == 12.5, nearly);
    BOOST_TEST(jitter.average == 6.5, nearly);

    // Ten SSRCs of a single packet push out the rest, which still counts.
    for (unsigned i = 100; i < 110; ++i)
        script.ssrc(i).packet(60s, 0);
    BOOST_TEST(script.result().last == 0.5, nearly);
    BOOST_TEST(script.result().average == 6.5, nearly);
}
