#define BOOST_TEST_MODULE recorder
#include "rtpproxy/services/recorder.hpp"

#include "rtpproxy/capture/capture_reader.hpp"
#include "rtpproxy/codec/audio_codec.hpp"

#include "support/poll_until.hpp"
#include "support/rtp_packets.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <numbers>
#include <span>
#include <string>
#include <vector>

using namespace rtpproxy;
using boost::asio::ip::make_address;
namespace fs = std::filesystem;

namespace {

struct recorder_fixture {
    recorder_settings settings(recording_format format) const {
        recorder_settings chosen;
        chosen.directory = directory / "";
        chosen.format = format;
        chosen.queue_octets = 0;  // the smallest possible
        return chosen;
    }

    static recording_order order(std::string stem, recording_order::layout layout) {
        recording_order wanted;
        wanted.call_id = "call";
        wanted.stem = std::move(stem);
        wanted.files = layout;
        wanted.begun = steady_clock::now();
        return wanted;
    }

    static recorded_packet packet(std::span<const std::byte> datagram,
                                  time_point when = steady_clock::now()) {
        return {when,
                side::caller,
                component::rtp,
                {make_address("192.0.2.1"), 4000},
                {make_address("0.0.0.0"), 30000},
                false,
                datagram};
    }

    std::string read(const std::string& name) const {
        std::ifstream file(directory / name.c_str(), std::ios::binary);
        BOOST_REQUIRE_MESSAGE(file, name);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::uint64_t packets_in(const std::string& name) const {
        const auto octets = read(name);
        capture_reader reader{std::as_bytes(std::span{octets})};
        std::uint64_t packets = 0;
        for (;;) {
            const auto next = reader.next();
            if (!next.has_value() || !*next) return packets;
            ++packets;
        }
    }

    bool appears(const std::string& name) const {
        return test::poll_until([path = directory / name.c_str()] { return fs::exists(path); });
    }

    boost::json::value details(const std::string& name) const { return boost::json::parse(read(name)); }

    test::temporary_directory directory;
};

// Sound.

constexpr double loud = 8000;

std::vector<std::int16_t> tone(double hertz, unsigned rate, std::size_t count) {
    std::vector<std::int16_t> samples(count);
    for (std::size_t i = 0; i < count; ++i)
        samples[i] = static_cast<std::int16_t>(
            loud * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
    return samples;
}

/// How much of the samples is a tone of that frequency, whatever its phase: 0 to 1.
double likeness(std::span<const std::int16_t> samples, double hertz, unsigned rate) {
    double energy = 0, along = 0, across = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double turn = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
        energy += static_cast<double>(samples[i]) * samples[i];
        along += samples[i] * std::cos(turn);
        across += samples[i] * std::sin(turn);
    }
    if (energy == 0) return 0;
    return 2 * (along * along + across * across) / (energy * static_cast<double>(samples.size()));
}

struct wav {
    std::uint32_t rate = 0;
    std::vector<std::int16_t> left, right;
};

wav read_wav(const std::string& octets) {
    BOOST_REQUIRE(octets.size() >= 44);
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;)
            value = value << 8U | static_cast<unsigned char>(octets[at + i]);
        return value;
    };
    BOOST_TEST(octets.substr(0, 4) == "RIFF");
    BOOST_TEST(number(4) == octets.size() - 8);
    BOOST_TEST(number(40) == octets.size() - 44);
    wav sound{number(24), {}, {}};
    for (std::size_t at = 44; at + 4 <= octets.size(); at += 4) {
        const auto both = number(at);
        sound.left.push_back(static_cast<std::int16_t>(both & 0xffff));
        sound.right.push_back(static_cast<std::int16_t>(both >> 16));
    }
    return sound;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(recorder_, recorder_fixture)

BOOST_AUTO_TEST_CASE(a_disk_that_hangs_costs_packets_not_time) {
    // 1. A recorder that is stuck with its first packet, like one that waits for its disk.
    std::latch stuck{1}, go_on{1};
    bool first = true;
    auto chosen = settings(recording_format::pcap);
    chosen.local_address_towards = [&](const auto&) {
        if (std::exchange(first, false)) {
            stuck.count_down();
            go_on.wait();
        }
        return std::nullopt;
    };
    recorder tested{chosen};
    tested.start(1);
    auto& channel = tested.channel(0);
    auto running = channel.begin(order("x", recording_order::layout::session), false);
    BOOST_REQUIRE(running);
    const auto datagram = test::make_rtp({});
    channel.add(*running, packet(datagram));
    stuck.wait();

    // 2. The queue takes a megabyte; what comes then is counted and left out.
    constexpr std::uint64_t sent = 10'000;
    for (std::uint64_t i = 1; i < sent; ++i)
        channel.add(*running, packet(datagram));
    const auto lost = running->lost.load();
    BOOST_TEST(lost > 1000U);
    BOOST_TEST(lost < sent - 3000U);

    // 3. Afterwards the rest is there, and the details tell what is missing.
    go_on.count_down();
    channel.end(std::move(running), {steady_clock::now(), std::nullopt, {}});
    tested.stop();
    BOOST_TEST(packets_in("x.pcap") == sent - lost);
    BOOST_TEST(details("x.json").at("packets_lost").to_number<std::uint64_t>() == lost);
    BOOST_TEST(tested.statistics().lost == lost);
    BOOST_TEST(tested.statistics().written == sent - lost);
}

BOOST_AUTO_TEST_CASE(recordings_of_one_name_do_not_mix) {
    recorder tested{settings(recording_format::adhoc)};
    tested.start(2);
    const auto datagram = test::make_rtp({});
    auto one = tested.channel(0).begin(order("x", recording_order::layout::leg), false);
    auto two = tested.channel(1).begin(order("x", recording_order::layout::leg), false);
    tested.channel(0).add(*one, packet(datagram));
    tested.channel(1).add(*two, packet(datagram));
    tested.channel(1).add(*two, packet(datagram));
    tested.channel(0).end(std::move(one), {steady_clock::now(), std::nullopt, {}});
    tested.channel(1).end(std::move(two), {steady_clock::now(), std::nullopt, {}});
    tested.stop();
    BOOST_TEST(packets_in("x.rtp") == 1);
    BOOST_TEST(packets_in("x-2.rtp") == 2);
}

BOOST_AUTO_TEST_CASE(recordings_of_one_name_one_after_the_other_are_all_kept) {
    for (const auto format : {recording_format::adhoc, recording_format::pcap, recording_format::wav}) {
        recorder tested{settings(format)};
        tested.start(1);
        auto& channel = tested.channel(0);
        const auto name = std::string{to_string(format)};
        const auto layout = format == recording_format::adhoc ? recording_order::layout::leg
                                                              : recording_order::layout::session;
        for (std::uint16_t round = 1; round <= 40; ++round) {
            auto running = channel.begin(order(name, layout), false);
            for (std::uint16_t i = 0; i < round; ++i)
                channel.add(*running, packet(test::make_rtp({.sequence_number = i})));
            channel.end(std::move(running), {steady_clock::now(), std::nullopt, {}});
        }
        tested.stop();
        BOOST_TEST(tested.statistics().lost == 0);
        for (unsigned round = 1; round <= 40; ++round) {
            const auto stem = round == 1 ? name : name + '-' + std::to_string(round);
            BOOST_TEST_CONTEXT(stem)
            BOOST_TEST(details(stem + ".json").at("caller").at("rtp_packets") == round);
        }
    }
    BOOST_TEST(packets_in("adhoc.rtp") == 1);
    BOOST_TEST(packets_in("adhoc-40.rtp") == 40);
    BOOST_TEST(packets_in("pcap-39.pcap") == 39);
}

BOOST_AUTO_TEST_CASE(files_that_are_there_already_stay) {
    auto chosen = settings(recording_format::adhoc);
    chosen.spool = directory / "spool";
    fs::create_directory(chosen.spool);
    const auto write = [&](const std::string& name) { std::ofstream{directory / name.c_str()} << "old"; };
    for (const auto* name : {"a.rtp", "a-2.json", "spool/a-3.rtcp", "c.rtp"})
        write(name);
    fs::create_symlink("nowhere", directory / "b.rtp");
    recorder tested{chosen};
    tested.start(1);
    auto& channel = tested.channel(0);
    auto later = channel.begin(order("c-2", recording_order::layout::leg), false);
    BOOST_REQUIRE(test::poll_until([&] { return fs::exists(chosen.spool / "c-2.rtp"); }));
    write("c-2.rtp");  // another program, meanwhile
    for (const auto* stem : {"a", "b", "c"})
        channel.end(channel.begin(order(stem, recording_order::layout::leg), false),
                    {steady_clock::now(), {}, {}});
    channel.end(std::move(later), {steady_clock::now(), std::nullopt, {}});
    tested.stop();
    for (const auto* name : {"a.rtp", "a-2.json", "spool/a-3.rtcp", "c.rtp", "c-2.rtp"})
        BOOST_TEST(read(name) == "old");
    BOOST_TEST(fs::is_symlink(directory / "b.rtp"));
    for (const auto* name : {"a-4.json", "b-2.json", "c-3.json", "spool/c-2.rtp"})
        BOOST_TEST(fs::exists(directory / name), name);
}

BOOST_AUTO_TEST_CASE(both_legs_have_one_number) {
    recorder tested{settings(recording_format::adhoc)};
    tested.start(1);
    auto& channel = tested.channel(0);
    const auto begin = [&](side party, const std::shared_ptr<recording>& beside) {
        auto wanted = order("x", recording_order::layout::leg);
        wanted.party = party;
        wanted.names_leg = true;
        if (beside) wanted.beside = beside->number;
        return channel.begin(std::move(wanted), false);
    };
    const auto end = [&](std::shared_ptr<recording>& running) {
        channel.end(std::move(running), {steady_clock::now(), std::nullopt, {}});
    };
    const auto datagram = test::make_rtp({});
    // The callee alone; then both, whoever's packet comes first; then the caller's once more.
    auto callee = begin(side::callee, nullptr);
    end(callee);
    auto caller = begin(side::caller, nullptr);
    callee = begin(side::callee, caller);
    channel.add(*callee, packet(datagram));
    channel.add(*callee, packet(datagram));
    channel.add(*caller, packet(datagram));
    end(caller);
    caller = begin(side::caller, callee);
    end(callee);
    end(caller);
    tested.stop();
    BOOST_TEST(!fs::exists(directory / "x.o.rtp"));
    BOOST_TEST(packets_in("x.a.rtp") == 0);
    BOOST_TEST(packets_in("x-2.o.rtp") == 1);
    BOOST_TEST(packets_in("x-2.a.rtp") == 2);
    BOOST_TEST(packets_in("x-3.o.rtp") == 0);
}

BOOST_AUTO_TEST_CASE(a_recording_that_nobody_ended_is_closed_at_the_end) {
    recorder tested{settings(recording_format::adhoc)};
    tested.start(1);
    auto running = tested.channel(0).begin(order("x", recording_order::layout::leg), false);
    const auto datagram = test::make_rtp({});
    tested.channel(0).add(*running, packet(datagram));
    tested.stop();
    BOOST_TEST(packets_in("x.rtp") == 1);
    BOOST_TEST(!tested.channel(0).begin(order("y", recording_order::layout::leg), true));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_is_known_from_the_start) {
    auto chosen = settings(recording_format::adhoc);
    chosen.directory /= "none";
    recorder tested{chosen};
    tested.start(1);
    BOOST_TEST(!tested.channel(0).begin(order("x", recording_order::layout::leg), false));
    BOOST_TEST(tested.channel(0).begin(order("x", recording_order::layout::leg), true));
}

BOOST_AUTO_TEST_CASE(a_removed_file_is_begun_anew_and_no_trouble_of_the_disk) {
    recorder tested{settings(recording_format::adhoc)};
    tested.start(1);
    auto& channel = tested.channel(0);
    const auto datagram = test::make_rtp({});
    auto running = channel.begin(order("x", recording_order::layout::leg), false);
    BOOST_REQUIRE(appears("x.rtp"));
    fs::remove(directory / "x.rtp");
    channel.add(*running, packet(datagram));
    channel.end(std::move(running), {steady_clock::now(), std::nullopt, {}});
    BOOST_REQUIRE(appears("x.json"));
    BOOST_TEST(channel.begin(order("y", recording_order::layout::leg), false));
    tested.stop();
    BOOST_TEST(packets_in("x.rtp") == 1);
    BOOST_TEST(details("x.json").at("packets_lost") == 0);
    BOOST_TEST(tested.statistics().lost == 0);
}

/// Records a second of a tone in 20 ms packets of that codec, the caller's, and looks for it on the left.
void check_tone(recorder_fixture& fixture, codec_id codec, std::uint32_t expected_rate) {
    if (!can_encode(codec) || !can_decode(codec)) return;  // not in this build
    recorder tested{fixture.settings(recording_format::wav)};
    tested.start(1);
    const std::string name{traits_of(codec).name};
    auto wanted = recorder_fixture::order(name, recording_order::layout::session);
    const auto begun = wanted.begun;
    auto running = tested.channel(0).begin(std::move(wanted), false);

    const auto encoder = make_encoder(codec);
    const auto rate = encoder->traits().sample_rate;
    const auto samples = tone(1000, rate, rate);
    const std::size_t frame = rate / 50;
    for (std::uint16_t i = 0; i < 50; ++i) {
        std::vector<std::byte> datagram = test::make_rtp({.sequence_number = i,
                                                          .timestamp = i * 160U,
                                                          .payload_type = *traits_of(codec).payload_type,
                                                          .payload_octets = 0});
        encoder->encode(std::span{samples}.subspan(i * frame, frame), datagram);
        tested.channel(0).add(*running,
                              recorder_fixture::packet(datagram, begun + std::chrono::milliseconds{20} * i));
    }
    tested.channel(0).end(std::move(running), {steady_clock::now(), std::nullopt, {}});
    tested.stop();

    const auto sound = read_wav(fixture.read(name + ".wav"));
    BOOST_TEST(sound.rate == expected_rate);
    BOOST_TEST(sound.left.size() == expected_rate);
    const auto settled = std::span{sound.left}.subspan(sound.left.size() / 4, sound.left.size() / 2);
    BOOST_TEST(likeness(settled, 1000, sound.rate) > 0.9);
    BOOST_TEST(likeness(settled, 700, sound.rate) < 0.1);
    BOOST_TEST(std::ranges::count(sound.right, 0) == static_cast<std::ptrdiff_t>(sound.right.size()));
}

BOOST_AUTO_TEST_CASE(sound_of_each_codec_is_what_was_said) {
    check_tone(*this, codec_id::pcmu, 8000);
    check_tone(*this, codec_id::pcma, 8000);
    check_tone(*this, codec_id::gsm, 8000);
    check_tone(*this, codec_id::g722, 16000);
}

BOOST_AUTO_TEST_CASE(sound_that_cannot_be_decoded_is_counted_and_is_silence) {
    recorder tested{settings(recording_format::wav)};
    tested.start(1);
    auto wanted = order("x", recording_order::layout::session);
    const auto begun = wanted.begun;
    auto running = tested.channel(0).begin(std::move(wanted), false);
    constexpr std::uint8_t g723 = 4, comfort_noise = 13, opus = 111, keys = 101;
    for (std::uint16_t i = 0; i < 50; ++i) {
        const auto when = begun + std::chrono::milliseconds{20} * i;
        for (const auto& [type, octets] : {std::pair{g723, 24}, {comfort_noise, 1}, {opus, 80}, {keys, 4}}) {
            const auto datagram = test::make_rtp({.sequence_number = i,
                                                  .timestamp = i * 160U,
                                                  .payload_type = type,
                                                  .payload_octets = static_cast<std::size_t>(octets)});
            tested.channel(0).add(*running, packet(datagram, when));
        }
    }
    tested.channel(0).end(std::move(running), {steady_clock::now(), std::nullopt, {}});
    tested.stop();
    const auto sound = read_wav(read("x.wav"));
    BOOST_TEST(sound.left.size() == 8000U);
    BOOST_TEST(std::ranges::count(sound.left, 0) == 8000);
    const auto told = details("x.json");
    BOOST_TEST(
        boost::json::serialize(told.at("caller").at("not_decoded")) ==
        R"([{"payload_type":4,"codec":"G723","packets":50},{"payload_type":111,"codec":null,"packets":50}])");
    BOOST_TEST(told.at("callee").at("not_decoded").as_array().empty());
    BOOST_TEST(told.at("packets_lost") == 0);
}

BOOST_AUTO_TEST_CASE(gaps_of_sound_are_silence_that_takes_no_room) {
    recorder tested{settings(recording_format::wav)};
    tested.start(1);
    auto wanted = order("x", recording_order::layout::session);
    const auto begun = wanted.begun;
    auto running = tested.channel(0).begin(std::move(wanted), false);
    // Its timestamp claims days; the packet came after ten minutes.
    const auto early = test::make_rtp({.sequence_number = 1, .timestamp = 0});
    const auto late = test::make_rtp({.sequence_number = 2, .timestamp = 0x70000000});
    tested.channel(0).add(*running, packet(early, begun));
    tested.channel(0).add(*running, packet(late, begun + std::chrono::minutes{10}));
    tested.channel(0).end(std::move(running), {steady_clock::now(), std::nullopt, {}});
    tested.stop();
    const auto octets = read("x.wav");
    BOOST_TEST(octets.size() == 44 + (600 * 8000 + 160) * 4);
    const auto sound = read_wav(octets);
    BOOST_TEST(sound.left.at(0) != 0);
    BOOST_TEST(sound.left.at(160) == 0);
    BOOST_TEST(sound.left.at(600 * 8000) != 0);
}

BOOST_AUTO_TEST_SUITE_END()
