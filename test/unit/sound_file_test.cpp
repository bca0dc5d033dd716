#define BOOST_TEST_MODULE sound_file
#include "rtpproxy/codec/sound_reader.hpp"
#include "rtpproxy/codec/sound_writer.hpp"

#include "support/audio.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

struct files {
    temporary_directory directory;

    [[nodiscard]] fs::path operator/(const char* name) const { return directory / name; }

    /// Writes `audio` as a sound file.
    fs::path write(const char* name, const samples& audio, const sound_format& format) const {
        const auto path = *this / name;
        const unique_fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)};
        auto writer = sound_writer::open(file.get(), name, format);
        BOOST_REQUIRE_MESSAGE(writer.has_value(), (writer ? "" : writer.error()));
        BOOST_REQUIRE(writer->write(audio).has_value());
        BOOST_REQUIRE(writer->finish().has_value());
        return path;
    }

    fs::path write_bytes(const char* name, const std::string& bytes) const {
        std::ofstream{*this / name, std::ios::binary} << bytes;
        return *this / name;
    }
};

samples read_all(const fs::path& path, unsigned rate) {
    const auto audio = read_sound(path, rate, 60s);
    BOOST_REQUIRE_MESSAGE(audio.has_value(), (audio ? "" : audio.error()));
    return *audio;
}

std::string failure(const fs::path& path, unsigned rate = 8000, std::chrono::seconds longest = 60s) {
    const auto audio = read_sound(path, rate, longest);
    BOOST_REQUIRE(!audio.has_value());
    return audio.error();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Little-endian numbers of a RIFF file.
std::string le(std::uint32_t value, int octets) {
    std::string bytes;
    for (; octets > 0; --octets, value >>= 8U)
        bytes += static_cast<char>(value & 0xffU);
    return bytes;
}

std::string wav_header(std::uint32_t rate, std::uint32_t channels, std::uint32_t data_octets) {
    return "RIFF" + le(36 + data_octets, 4) + "WAVEfmt " + le(16, 4) + le(1, 2) + le(channels, 2) +
           le(rate, 4) + le(rate * channels * 2, 4) + le(channels * 2, 2) + le(16, 2) + "data" +
           le(data_octets, 4);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_wav_written_by_hand_is_read, files) {
    const auto path =
        write_bytes("hand.wav", wav_header(8000, 1, 6) + le(1000, 2) + le(0xfc18, 2) + le(32767, 2));
    BOOST_TEST(read_all(path, 8000) == (samples{1000, -1000, 32767}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(channels_are_averaged, files) {
    const auto path = write_bytes(
        "stereo.wav", wav_header(8000, 2, 8) + le(1000, 2) + le(3000, 2) + le(0xfc18, 2) + le(1000, 2));
    BOOST_TEST(read_all(path, 8000) == (samples{2000, 0}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(lossless_kinds_come_back_as_they_were, files) {
    const auto speech = make_speech(8000, 1);
    for (const auto* container : {"wav", "aiff", "au", "flac", "caf", "w64", "rf64"}) {
        BOOST_TEST_CONTEXT(container) {
            const auto path = write("sound", speech, {.container = container, .data = "pcm_16"});
            BOOST_TEST(read_all(path, 8000) == speech);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(lossy_kinds_come_back_alike, files) {
    const auto speech = make_speech(8000, 1);
    for (const auto& format : {sound_format{.container = "wav", .data = "gsm610"},
                               sound_format{.container = "wav", .data = "ulaw"},
                               sound_format{.container = "wav", .data = "ms_adpcm"},
                               sound_format{.container = "ogg", .data = "vorbis"}}) {
        BOOST_TEST_CONTEXT(format.data) {
            const auto heard = read_all(write("sound", speech, format), 8000);
            BOOST_TEST(best_correlation(speech, heard, 200) > 0.9);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(every_container_has_a_data_format_that_suits, files) {
    BOOST_TEST(sound_container_names().size() > 15U);
    for (const auto container : sound_container_names()) {
        BOOST_TEST_CONTEXT(container) {
            const auto path = write("sound", make_speech(8000, 0.5), {.container = std::string{container}});
            BOOST_TEST(fs::file_size(path) > 0U);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_tone_keeps_its_frequency_at_another_rate, files) {
    for (const auto from : {8000U, 11025U, 16000U, 44100U, 48000U, 96000U}) {
        const auto path = write("tone.wav", make_tone(440, from, 2), {.data = "pcm_16", .rate = from});
        for (const auto to : {8000U, 16000U, 48000U}) {
            BOOST_TEST_CONTEXT(from << " to " << to) {
                const auto heard = read_all(path, to);
                BOOST_TEST(static_cast<double>(heard.size()) == 2.0 * to,
                           boost::test_tools::tolerance(0.001));
                const auto middle = std::span{heard}.subspan(to / 2, to);
                BOOST_TEST(frequency_of(middle, to) == 440, boost::test_tools::tolerance(0.001));
                BOOST_TEST(*std::max_element(middle.begin(), middle.end()) == 8000,
                           boost::test_tools::tolerance(0.05));
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_above_half_the_rate_does_not_fold_back, files) {
    const auto path = write("high.wav", make_tone(7000, 48000, 1), {.data = "pcm_16", .rate = 48000});
    const auto heard = read_all(path, 8000);
    BOOST_TEST(*std::max_element(heard.begin() + 800, heard.end() - 800) < 200);
}

BOOST_FIXTURE_TEST_CASE(values_beyond_full_scale_are_clipped, files) {
    std::string bytes = wav_header(8000, 1, 0);
    // Format 3, IEEE float: 2.0, -2.0, not a number.
    bytes = "RIFF" + le(48, 4) + "WAVEfmt " + le(16, 4) + le(3, 2) + le(1, 2) + le(8000, 4) + le(32000, 4) +
            le(4, 2) + le(32, 2) + "data" + le(12, 4) + le(0x40000000, 4) + le(0xc0000000, 4) +
            le(0x7fc00000, 4);
    BOOST_TEST(read_all(write_bytes("float.wav", bytes), 8000) == (samples{32767, -32768, 0}),
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(raw_samples_need_no_header, files) {
    const auto path = write_bytes("announcement", le(1000, 2) + le(0xfc18, 2));
    auto reader = sound_reader::open(path, 8000, sound_encoding::raw);
    BOOST_REQUIRE(reader.has_value());
    samples read(10);
    const auto got = reader->read(read);
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST(*got == 2U);
    BOOST_TEST(read[0] == 1000);
    BOOST_TEST(read[1] == -1000);
}

BOOST_FIXTURE_TEST_CASE(a_file_is_read_in_pieces_of_any_size, files) {
    const auto speech = make_speech(8000, 1);
    const auto path = write("speech.wav", speech, {.data = "pcm_16"});
    auto reader = sound_reader::open(path, 8000);
    BOOST_REQUIRE(reader.has_value());
    samples heard;
    for (std::size_t size = 1;; size = size * 3 % 1009) {
        samples piece(size);
        const auto got = reader->read(piece);
        BOOST_REQUIRE(got.has_value());
        heard.insert(heard.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*got));
        if (*got < size) break;
    }
    BOOST_TEST(heard == speech);
}

BOOST_FIXTURE_TEST_CASE(headers_are_told_from_raw_samples, files) {
    BOOST_TEST(has_sound_header(write("a", make_speech(8000, 0.5), {})));
    BOOST_TEST(has_sound_header(write("b", make_speech(8000, 0.5), {.container = "flac"})));
    BOOST_TEST(!has_sound_header(write_bytes("c", std::string(16000, '\0'))));
    BOOST_TEST(!has_sound_header(write_bytes("d", std::string(16000, '\xff'))));  // samples of -1
    std::string like_mpeg;
    for (int i = 0; i < 200; ++i)
        like_mpeg += "\xff\xfb\x90\x64" + std::string(413, '\0');
    BOOST_TEST(!has_sound_header(write_bytes("e", like_mpeg)));
    BOOST_TEST(!has_sound_header(write_bytes("empty", "")));
    BOOST_TEST(!has_sound_header(*this / "missing"));
}

BOOST_FIXTURE_TEST_CASE(errors_name_the_file_and_the_reason, files) {
    const auto missing = *this / "missing.wav";
    BOOST_TEST(failure(missing) == missing.string() + ": No such file or directory");
    fs::create_directory(*this / "folder");
    BOOST_TEST(failure(*this / "folder") == (*this / "folder").string() + ": not a regular file");
    const auto junk = write_bytes("junk.wav", std::string(1000, 'x'));
    BOOST_TEST(failure(junk).starts_with(junk.string() + ": "));
    BOOST_TEST(contains(failure(junk), "not recognised"));
    const auto cut = write_bytes("cut.wav", wav_header(8000, 1, 6).substr(0, 30));
    BOOST_TEST(failure(cut).starts_with(cut.string() + ": "));
}

BOOST_FIXTURE_TEST_CASE(a_pipe_without_a_writer_is_not_waited_for, files) {
    const auto pipe = *this / "pipe.wav";
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    BOOST_TEST(failure(pipe) == pipe.string() + ": not a regular file");
}

BOOST_FIXTURE_TEST_CASE(absurd_rates_and_channels_are_refused, files) {
    const auto slow = write_bytes("slow.wav", wav_header(1, 1, 4) + le(0, 4));
    BOOST_TEST(contains(failure(slow), "cannot convert 1 Hz to 8000 Hz"));
    const auto wide = write_bytes("wide.wav", wav_header(8000, 60000, 4) + le(0, 4));
    BOOST_TEST(failure(wide).starts_with(wide.string() + ": "));
}

BOOST_FIXTURE_TEST_CASE(a_length_in_the_header_beyond_the_file_is_no_danger, files) {
    const auto path = write_bytes("short.wav", wav_header(8000, 1, 0x7ffffff0) + le(1000, 2));
    const auto audio = read_sound(path, 8000, 60s);
    if (audio) BOOST_TEST(audio->size() <= 1U);
}

BOOST_FIXTURE_TEST_CASE(a_sound_longer_than_allowed_is_refused, files) {
    const auto path = write("long.wav", make_tone(440, 8000, 3), {.data = "pcm_16"});
    BOOST_TEST(failure(path, 8000, 2s) == path.string() + ": longer than 2 seconds");
    BOOST_TEST(read_sound(path, 8000, 3s).has_value());
}

BOOST_FIXTURE_TEST_CASE(formats_that_do_not_exist_or_fit_are_refused, files) {
    const unique_fd file{::open((*this / "out").c_str(), O_RDWR | O_CREAT, 0600)};
    const auto refusal = [&](const sound_format& format) {
        const auto writer = sound_writer::open(file.get(), "out", format);
        return writer ? std::string{} : writer.error();
    };
    BOOST_TEST(contains(refusal({.container = "mp9"}), "mp9"));
    BOOST_TEST(contains(refusal({.data = "pcm_17"}), "pcm_17"));
    BOOST_TEST(contains(refusal({.container = "flac", .data = "gsm610"}), "gsm610"));
    BOOST_TEST(contains(refusal({.data = "gsm610", .channels = 2}), "2 channel"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_reported) {
    const unique_fd full{::open("/dev/full", O_RDWR)};
    if (!full) return;
    auto writer = sound_writer::open(full.get(), "full.raw", {.container = "raw", .data = "pcm_16"});
    if (!writer) return;
    auto written = writer->write(samples(100'000));
    if (written) written = writer->finish();
    BOOST_REQUIRE(!written.has_value());
    BOOST_TEST(written.error().starts_with("full.raw: "));
}
