#define BOOST_TEST_MODULE prompt_sounds
#include "rtpproxy/codec/audio_codec.hpp"
#include "rtpproxy/codec/sound_reader.hpp"
#include "rtpproxy/codec/sound_writer.hpp"
#include "rtpproxy/services/prompt_source.hpp"

#include "support/audio.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <string>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

constexpr std::size_t no_limit = 1'000'000;

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
        const auto format = *frame_format_of(payload_type);
        auto source = open_source(prompt_files(), directory / name.c_str(), format);
        if (!source) return source.error();
        return read_prompt(std::move(*source), format, limit);
    }

    temporary_directory directory;
};

/// What the party hears, at 8 kHz.
samples decode(const prompt& heard) {
    const auto decoder =
        make_decoder(*codec_of_payload_type(heard.format.payload_type), decoder_bandwidth::narrowband);
    BOOST_REQUIRE(decoder != nullptr);
    samples decoded;
    BOOST_TEST(decoder->decode(heard.octets, decoded));
    return decoded;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(sound_file_is_heard_in_every_codec_of_the_build, sounds) {
    if (!can_read_sound_files()) return;
    write("moh.wav", make_speech(16000, 3), {.rate = 16000});
    // G.729 models a voice and does not keep the shape of the wave.
    const struct {
        unsigned payload_type;
        double least_correlation;
    } table[] = {{0, 0.98}, {8, 0.98}, {9, 0.98}, {3, 0.93}, {18, 0.6}};
    const auto original = make_speech(8000, 3);
    for (const auto& [payload_type, least_correlation] : table) {
        BOOST_TEST_CONTEXT("payload type " << payload_type) {
            if (!can_encode(*codec_of_payload_type(static_cast<std::uint8_t>(payload_type)))) continue;
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
