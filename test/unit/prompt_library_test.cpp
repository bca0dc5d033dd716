#define BOOST_TEST_MODULE prompt_library
#include "rtpproxy/services/prompt_library.hpp"

#include "rtpproxy/capture/wav_header.hpp"
#include "rtpproxy/codec/sound_reader.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

/// A tenth of a second at 48 kHz.
std::string silent_wav() {
    constexpr std::uint32_t octets = 2 * 4800;
    const auto header = make_wav_header({.samples_per_second = 48000, .channels = 1, .data_octets = octets});
    return std::string(reinterpret_cast<const char*>(header.data()), header.size()) +
           std::string(octets, '\0');
}

/// A library whose helper threads are the test: jobs run when it says so.
struct library_with_files {
    explicit library_with_files(prompt_library::settings settings = {.trusted_for = 0s})
        : library(std::move(settings),
                  [this](std::function<void()> job) { jobs.push_back(std::move(job)); }) {}

    void write(const std::string& name, std::string_view text) {
        std::ofstream(path(name), std::ios::binary) << text;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return directory / name.c_str(); }

    void ask(const std::string& name, const std::string& codecs) {
        library.find({path(name), codecs},
                     [this](prompt_lookup result) { answers.push_back(std::move(result)); });
    }
    /// Lets that many jobs run, in order.
    void work(std::size_t jobs_now = 1000) {
        for (; jobs_now != 0 && !jobs.empty(); --jobs_now) {
            const auto job = std::move(jobs.front());
            jobs.pop_front();
            job();
        }
    }
    /// `payload type:octets` of what was found, or why nothing; without the directory's name.
    std::string text(const prompt_lookup& result) const {
        if (!result.found) {
            const auto prefix = path("");
            return result.reason.starts_with(prefix) ? result.reason.substr(prefix.size()) : result.reason;
        }
        const auto& [format, octets] = *result.found;
        if (!format.joinable) return std::to_string(format.payload_type) + ":" + "encoded";
        return std::to_string(format.payload_type) + ":" +
               std::string(reinterpret_cast<const char*>(octets.data()), octets.size());
    }
    std::string find(const std::string& name, const std::string& codecs) {
        answers.clear();
        ask(name, codecs);
        work();
        BOOST_REQUIRE(answers.size() == 1u);
        return text(answers[0]);
    }

    test::temporary_directory directory;
    std::deque<std::function<void()>> jobs;
    std::vector<prompt_lookup> answers;
    prompt_library library;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(first_payload_type_with_a_file_counts, library_with_files) {
    write("moh.0", "ulaw");
    write("moh.18", "g729");
    BOOST_TEST(find("moh", "0,18") == "0:ulaw");
    BOOST_TEST(find("moh", "18,0") == "18:g729");
    BOOST_TEST(find("moh", "8,9,18,0") == "18:g729");
    BOOST_TEST(find("moh", "101,0") == "0:ulaw");
}

BOOST_AUTO_TEST_CASE(dynamic_payload_types_keep_their_place_in_the_list) {
    if (!can_read_sound_files() || !can_encode(codec_id::opus)) return;
    library_with_files with({.dynamic_payloads = {{111, codec_id::opus}}, .trusted_for = 0s});
    with.write("raw.0", "ulaw");
    with.write("raw.111", "no frames");
    BOOST_TEST(with.find("raw", "111,0") == "0:ulaw");
    BOOST_TEST(with.find("raw", "111") == "raw: no sound file, and opus is played from nothing else");
    with.write("both.0", "ulaw");
    with.write("both.wav", silent_wav());
    BOOST_TEST(with.find("both", "111,0") == "111:encoded");
    BOOST_TEST(with.find("both", "0,111") == "0:ulaw");
    BOOST_TEST(with.find("both", "96,101,111") == "111:encoded");
    BOOST_TEST(with.find("both", "96,101") == "no payload type that can be played");
    with.write("bad.wav", "no sound");
    with.write("bad.0", "ulaw");
    BOOST_TEST(with.find("bad", "111,0") == "0:ulaw");
    BOOST_TEST(with.find("bad", "111").starts_with("bad.wav: "));
}

BOOST_FIXTURE_TEST_CASE(reasons_for_nothing, library_with_files) {
    write("dynamic.96", "opus");
    fs::create_directory(path("dir.8"));
    BOOST_TEST(find("none", "0,8") == "none.0: No such file or directory");
    BOOST_TEST(find("dynamic", "96") == "no payload type that can be played");
    BOOST_TEST(find("dynamic", "") == "no payload type that can be played");
    BOOST_TEST(find("dir", "0,8") == "dir.8: is not a regular file");
    BOOST_TEST(library.lookups() == 0u);
}

BOOST_FIXTURE_TEST_CASE(unusable_file_does_not_keep_from_the_next_payload_type, library_with_files) {
    fs::create_directory(path("moh.8"));
    write("moh.0", "ulaw");
    BOOST_TEST(find("moh", "8,0") == "0:ulaw");
}

BOOST_FIXTURE_TEST_CASE(file_is_read_once_and_again_when_it_has_changed, library_with_files) {
    write("moh.0", "one");
    BOOST_TEST(find("moh", "0") == "0:one");
    const auto first = answers[0].found;
    BOOST_TEST(find("moh", "0") == "0:one");
    BOOST_TEST(answers[0].found == first);
    write("moh.0", "other");
    BOOST_TEST(find("moh", "0") == "0:other");
    BOOST_TEST(first->octets.size() == 3u);  // whoever plays it goes on
    fs::remove(path("moh.0"));
    BOOST_TEST(find("moh", "0") == "moh.0: No such file or directory");
}

BOOST_FIXTURE_TEST_CASE(lookups_of_one_file_wait_for_the_first_and_share_it, library_with_files) {
    write("moh.0", "one");
    ask("moh", "0");
    ask("moh", "0");
    ask("moh", "0");
    BOOST_TEST(library.lookups() == 3u);
    work();
    BOOST_REQUIRE(answers.size() == 3u);
    BOOST_TEST(answers[0].found == answers[1].found);
    BOOST_TEST(answers[0].found == answers[2].found);
    BOOST_TEST(library.lookups() == 0u);
}

/// Broken in a way that shows only in its contents, so that whoever looks at it again finds a prompt.
BOOST_FIXTURE_TEST_CASE(failure_is_shared_and_remembered_with_the_version_of_the_file, library_with_files) {
    if (!can_read_sound_files()) return;
    const auto sound = silent_wav();
    write("moh.wav", std::string(sound.size(), 'x'));
    const auto modified = fs::last_write_time(path("moh.wav"));
    ask("moh", "0");
    ask("moh", "0");
    work(1);
    write("moh.wav", sound);
    fs::last_write_time(path("moh.wav"), modified);
    work();
    BOOST_REQUIRE(answers.size() == 2u);
    BOOST_TEST(text(answers[0]).starts_with("moh.wav: "));
    BOOST_TEST(text(answers[1]) == text(answers[0]));
    BOOST_TEST(find("moh", "0") == text(answers[0]));
    fs::last_write_time(path("moh.wav"), modified + 1s);
    static_cast<void>(find("moh", "0"));
    BOOST_TEST(answers[0].found);
}

BOOST_AUTO_TEST_CASE(failure_is_forgotten_after_a_while) {
    if (!can_read_sound_files()) return;
    library_with_files hasty({.trusted_for = 0s, .useless_for = 0s});
    const auto sound = silent_wav();
    hasty.write("moh.wav", std::string(sound.size(), 'x'));
    const auto modified = fs::last_write_time(hasty.path("moh.wav"));
    static_cast<void>(hasty.find("moh", "0"));
    BOOST_TEST(!hasty.answers[0].found);
    hasty.write("moh.wav", sound);
    fs::last_write_time(hasty.path("moh.wav"), modified);
    static_cast<void>(hasty.find("moh", "0"));
    BOOST_TEST(hasty.answers[0].found);
}

BOOST_AUTO_TEST_CASE(found_a_moment_ago_needs_no_second_look) {
    library_with_files patient({.trusted_for = 1h});
    const prompt_request wanted{patient.path("moh"), "8,0"};
    BOOST_TEST(!patient.library.find_recent(wanted));
    patient.write("moh.0", "one");
    BOOST_TEST(patient.find("moh", "8,0") == "0:one");
    fs::remove(patient.path("moh.0"));
    BOOST_TEST(patient.library.find_recent(wanted) == patient.answers[0].found);
    BOOST_TEST(!patient.library.find_recent({patient.path("moh"), "0,8"}));

    library_with_files hasty({.trusted_for = -1s});
    hasty.write("moh.0", "one");
    BOOST_TEST(hasty.find("moh", "0") == "0:one");
    BOOST_TEST(!hasty.library.find_recent({hasty.path("moh"), "0"}));
}

BOOST_AUTO_TEST_CASE(more_lookups_than_allowed_are_refused_at_once) {
    library_with_files busy({.most_lookups = 2});
    busy.write("moh.0", "one");
    for (int i = 0; i < 3; ++i)
        busy.ask("moh", "0");
    BOOST_REQUIRE(busy.answers.size() == 1u);
    BOOST_TEST(busy.text(busy.answers[0]) == "too many prompts are being read");
    busy.work();
    BOOST_TEST(busy.answers.size() == 3u);
    BOOST_TEST(busy.find("moh", "0") == "0:one");
}

BOOST_AUTO_TEST_CASE(prompt_larger_than_the_cache_is_refused) {
    library_with_files small({.cache_octets = 4});
    small.write("fits.0", "four");
    small.write("large.0", "fives");
    BOOST_TEST(small.find("fits", "0") == "0:four");
    BOOST_TEST(small.find("large", "0") == "large.0: has more than 4 octets");
}

BOOST_AUTO_TEST_CASE(names_are_confined_to_the_directory) {
    library_with_files open;
    open.write("moh.0", "one");
    fs::create_directory(open.path("in"));
    open.write("in/moh.0", "inside");
    library_with_files confined({.files = prompt_files::below(open.path("in")), .trusted_for = 0s});
    const auto find = [&](const std::string& name) {
        confined.answers.clear();
        confined.library.find({name, "0"},
                              [&](prompt_lookup result) { confined.answers.push_back(std::move(result)); });
        confined.work();
        return confined.text(confined.answers.at(0));
    };
    BOOST_TEST(find("moh") == "0:inside");
    BOOST_TEST(find(open.path("in/moh")) == "0:inside");
    BOOST_TEST(find("../moh") == "../moh.0: is not in prompt_dir");
    BOOST_TEST(find(open.path("moh")) == open.path("moh.0") + ": is not in prompt_dir");
}
