#define BOOST_TEST_MODULE prompt_sounds
#include "rtpproxy/codec/audio_codec.hpp"
#include "rtpproxy/codec/sound_reader.hpp"
#include "rtpproxy/codec/sound_writer.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/services/prompt_source.hpp"
#include "rtpproxy/services/prompt_stream.hpp"

#include "support/audio.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t no_limit = 1'000'000;
const std::vector<dynamic_payload> dynamic{{111, codec_id::opus}, {96, codec_id::gsm}};

/// A directory with sound files. Without libsndfile there are none to be made or read.
struct sounds {
    void write(const std::string& name, const samples& audio, const sound_format& format) {
        const auto path = directory / name.c_str();
        const unique_fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)};
        auto writer = sound_writer::open(file.get(), name, format);
        BOOST_REQUIRE_MESSAGE(writer.has_value(), (writer ? "" : writer.error()));
        BOOST_REQUIRE(writer->write(audio).has_value());
        BOOST_REQUIRE(writer->finish().has_value());
    }

    boost::system::result<prompt_ptr, prompt_failure> read(const std::string& name, unsigned payload_type,
                                                           std::size_t limit = no_limit) const {
        const auto format = *frame_format_of(payload_type, dynamic);
        auto source = open_source(prompt_files(), directory / name.c_str(), format);
        if (!source) return source.error();
        return read_prompt(std::move(*source), format, limit);
    }

    temporary_directory directory;
};

/// What the party hears, at 8 kHz.
samples decode(const prompt& heard) {
    const auto decoder = make_decoder(heard.format.codec, decoder_bandwidth::narrowband);
    BOOST_REQUIRE(decoder != nullptr);
    samples decoded;
    BOOST_TEST(decoder->decode(heard.octets, decoded));
    return decoded;
}

struct heard_packets {
    samples audio;                       ///< at 8 kHz
    std::vector<std::size_t> octets;     ///< of the payloads
    std::vector<std::uint32_t> stamps;   ///< timestamps
    std::vector<unsigned> second_octet;  ///< marker and payload type
};

/// Plays the prompt as packets and decodes them one by one, as the party does.
heard_packets hear(const prompt_ptr& played, std::chrono::milliseconds packet_length) {
    prompt_stream stream(played, {.packet_length = packet_length}, {.timestamp = 0xffffff00});
    const auto decoder = make_decoder(played->format.codec, decoder_bandwidth::narrowband);
    std::array<std::byte, prompt_stream::largest_packet> buffer;
    heard_packets heard;
    while (!stream.finished()) {
        BOOST_TEST((stream.due() == heard.stamps.size() * 20ms));
        const auto packet = stream.next_packet(buffer);
        const auto header = read_rtp_header(packet);
        BOOST_REQUIRE(header.has_value());
        heard.octets.push_back(header->payload_octets);
        heard.stamps.push_back(header->timestamp);
        heard.second_octet.push_back(std::to_integer<unsigned>(packet[1]));
        BOOST_TEST(decoder->decode(packet.subspan(header->header_octets), heard.audio));
    }
    return heard;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(sound_file_is_heard_in_every_codec_of_the_build, sounds) {
    if (!can_read_sound_files()) return;
    write("moh.wav", make_speech(16000, 3), {.rate = 16000});
    // G.729 models a voice and does not keep the shape of the wave.
    const struct {
        unsigned payload_type;
        double least_correlation;
    } table[] = {{0, 0.98}, {8, 0.98}, {9, 0.98}, {3, 0.93}, {96, 0.93}, {18, 0.6}};
    const auto original = make_speech(8000, 3);
    for (const auto& [payload_type, least_correlation] : table) {
        BOOST_TEST_CONTEXT("payload type " << payload_type) {
            if (!can_encode(frame_format_of(payload_type, dynamic)->codec)) continue;
            const auto found = read("moh", payload_type);
            BOOST_REQUIRE_MESSAGE(found.has_value(), (found ? "" : found.error().reason));
            const auto& format = (*found)->format;
            const auto frames = std::chrono::milliseconds(3000) / format.duration;
            const auto expected = static_cast<double>(frames) * format.octets;
            BOOST_TEST(static_cast<double>((*found)->octets.size()) == expected,
                       boost::test_tools::tolerance(0.02));
            BOOST_TEST(best_correlation(original, decode(**found), 200) > least_correlation);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(raw_frames_come_before_the_sound_file_and_this_before_the_bare_name, sounds) {
    if (!can_read_sound_files() || !can_encode(codec_id::pcmu)) return;
    write("moh", make_tone(1000, 8000, 1), {});
    BOOST_TEST((*read("moh", 0))->octets.size() == 8000u);
    write("moh.wav", make_tone(1000, 8000, 2), {});
    BOOST_TEST((*read("moh", 0))->octets.size() == 16000u);
    write("moh.0", make_tone(1000, 8000, 0.01), {.container = "raw"});
    BOOST_TEST((*read("moh", 0))->octets.size() == 160u);
}

BOOST_FIXTURE_TEST_CASE(sound_file_with_more_media_than_the_limit_is_refused, sounds) {
    if (!can_read_sound_files() || !can_encode(codec_id::pcmu)) return;
    write("moh.wav", make_tone(1000, 8000, 2), {});
    BOOST_TEST(read("moh", 0, 16000).has_value());
    const auto refused = read("moh", 0, 15999);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().reason.ends_with("is too long: more than 15999 octets of media"));
}

BOOST_FIXTURE_TEST_CASE(codec_without_encoder_takes_raw_frames_only, sounds) {
    if (!can_read_sound_files()) return;
    write("moh.wav", make_tone(1000, 8000, 1), {});
    const auto refused = read("moh", 4);  // G.723: nobody encodes it
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().missing);
    write("moh.4", make_tone(1000, 8000, 0.01), {.container = "raw"});
    BOOST_TEST(read("moh", 4).has_value());
}

BOOST_FIXTURE_TEST_CASE(opus_is_heard_a_frame_a_packet, sounds) {
    if (!can_read_sound_files() || !can_encode(codec_id::opus)) return;
    const auto original = make_speech(8000, 3);
    for (const auto rate : {8000U, 44100U, 48000U}) {
        if (rate != 48000 && !can_resample()) continue;
        write("moh.wav", make_speech(rate, 3), {.rate = rate});
        const auto found = read("moh", 111);
        BOOST_REQUIRE_MESSAGE(found.has_value(), (found ? "" : found.error().reason));
        for (const auto asked : {10ms, 20ms, 60ms}) {
            BOOST_TEST_CONTEXT(rate << " Hz, packets of " << asked.count() << " ms asked for") {
                const auto heard = hear(*found, asked);
                BOOST_TEST(heard.octets == std::vector(150, opus_encoder_frame_octets));
                for (std::size_t i = 0; i < heard.stamps.size(); ++i)
                    BOOST_TEST(heard.stamps[i] == static_cast<std::uint32_t>(0xffffff00 + 960 * i));
                std::vector<unsigned> expected(150, 111);
                expected.front() = 0x80 | 111;
                BOOST_TEST(heard.second_octet == expected);
                BOOST_TEST(heard.audio.size() == 3 * 8000U);
                BOOST_TEST(best_correlation(original, heard.audio, 200) > 0.98);
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(opus_is_played_from_sound_files_only, sounds) {
    if (!can_read_sound_files() || !can_encode(codec_id::opus)) return;
    write("moh.111", make_tone(1000, 8000, 1), {.container = "raw"});
    const auto refused = read("moh", 111);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().missing);
    BOOST_TEST(refused.error().reason.ends_with("moh: no sound file, and opus is played from nothing else"));
    write("moh.wav", make_tone(1000, 8000, 0.5), {});
    BOOST_TEST((*read("moh", 111))->octets.size() == 25 * opus_encoder_frame_octets);
    write("other.96", make_tone(1000, 8000, 0.01), {.container = "raw"});  // any other codec takes raw frames
    BOOST_TEST((*read("other", 96))->octets.size() == 160u);
}
