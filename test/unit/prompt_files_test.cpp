#define BOOST_TEST_MODULE prompt_files
#include "rtpproxy/services/prompt_files.hpp"

#include "rtpproxy/services/prompt_cache.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

using namespace rtpproxy;
using test::temporary_directory;

namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// What a file holds, or why not.
std::string content(const prompt_files& files, const std::string& name, std::size_t limit = 1000) {
    const auto file = files.open(name);
    if (!file) return (file.error().missing ? "missing: " : "refused: ") + file.error().reason;
    const auto octets = read_all(*file, limit);
    if (!octets) return octets.error().reason;
    return {reinterpret_cast<const char*>(octets->data()), octets->size()};
}

bool is_refused(const prompt_files& files, const std::string& name) {
    return content(files, name) == "refused: " + name + ": is not in prompt_dir";
}

struct tree {
    tree() {
        fs::create_directories(root / "prompts/de");
        fs::create_directory(root / "prompts-not");
        write(root / "prompts/moh.0", "moh");
        write(root / "prompts/de/moh.0", "de");
        write(root / "secret", "secret");
        write(root / "prompts-not/moh.0", "not");
    }

    temporary_directory directory;
    fs::path root{directory / "."};
};

prompt_ptr make_prompt(std::size_t octets) {
    return std::make_shared<const prompt>(prompt{*frame_format_of(0), std::vector<std::byte>(octets)});
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(names_are_taken_as_they_are_without_a_directory, tree) {
    const prompt_files files;
    BOOST_TEST(content(files, (root / "secret").string()) == "secret");
    BOOST_TEST(content(files, (root / "prompts/../secret").string()) == "secret");
    BOOST_TEST(content(files, (root / "none").string()).starts_with("missing: "));
    BOOST_TEST(content(files, (root / "secret/none").string()).starts_with("missing: "));
    BOOST_TEST(content(files, "").starts_with("missing: "));
}

BOOST_FIXTURE_TEST_CASE(directory_confines_names, tree) {
    const auto files = prompt_files::below(root / "prompts");
    BOOST_TEST(content(files, "moh.0") == "moh");
    BOOST_TEST(content(files, "de/moh.0") == "de");
    BOOST_TEST(content(files, "de/../moh.0") == "moh");
    BOOST_TEST(content(files, (root / "prompts/moh.0").string()) == "moh");
    BOOST_TEST(content(files, "none.0").starts_with("missing: "));
    const std::string names[] = {"../secret",
                                 (root / "secret").string(),
                                 "de/../../secret",
                                 "/etc/passwd",
                                 (root / "prompts-not/moh.0").string(),
                                 "../prompts-not/moh.0"};
    for (const auto& name : names) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(is_refused(files, name));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(links_lead_out_of_the_directory_as_little_as_names_do, tree) {
    fs::create_symlink(root / "secret", root / "prompts/out.0");
    fs::create_symlink("..", root / "prompts/up");
    fs::create_symlink("de/moh.0", root / "prompts/in.0");
    fs::create_symlink("round.0", root / "prompts/round.0");
    fs::create_directory_symlink(root / "prompts", root / "linked");
    const auto files = prompt_files::below(root / "linked");
    BOOST_TEST(is_refused(files, "out.0"));
    BOOST_TEST(is_refused(files, "up/secret"));
    BOOST_TEST(content(files, "in.0") == "de");
    BOOST_TEST(content(files, "up/prompts/moh.0") == "moh");
    BOOST_TEST(content(files, (root / "linked/moh.0").string()) == "moh");
    BOOST_TEST(content(files, "round.0").starts_with("refused: "));
}

BOOST_FIXTURE_TEST_CASE(only_regular_files_are_opened_and_pipes_are_not_waited_for, tree) {
    BOOST_REQUIRE(::mkfifo((root / "prompts/pipe.0").c_str(), 0600) == 0);
    const prompt_files anywhere;
    const auto below = prompt_files::below(root / "prompts");
    for (const auto* files : {&anywhere, &below}) {
        for (const char* name : {"prompts/pipe.0", "prompts/de"}) {
            const auto text = (root / name).string();
            BOOST_TEST(content(*files, text) == "refused: " + text + ": is not a regular file");
        }
    }
    BOOST_TEST(content(anywhere, "/dev/zero") == "refused: /dev/zero: is not a regular file");
}

BOOST_FIXTURE_TEST_CASE(directory_has_to_be_there, tree) {
    BOOST_CHECK_THROW(static_cast<void>(prompt_files::below(root / "nowhere")), fs::filesystem_error);
    BOOST_CHECK_THROW(static_cast<void>(prompt_files::below(root / "secret")), fs::filesystem_error);
}

BOOST_FIXTURE_TEST_CASE(closed_files_say_why, tree) {
    BOOST_TEST(content(prompt_files::none("it is closed"), (root / "secret").string()) ==
               "refused: it is closed");
}

BOOST_FIXTURE_TEST_CASE(files_beyond_the_limit_are_not_read, tree) {
    const prompt_files files;
    const auto name = (root / "long").string();
    write(name, std::string(1000, 'x'));
    BOOST_TEST(content(files, name, 1000).size() == 1000u);
    BOOST_TEST(content(files, name, 999) == name + ": has more than 999 octets");
    write(name, std::string(600'000, 'x'));
    BOOST_TEST(content(files, name, 600'000).size() == 600'000u);
    write(name, "");
    BOOST_TEST(content(files, name, 0).empty());
}

BOOST_FIXTURE_TEST_CASE(version_tells_a_changed_file_from_what_it_was, tree) {
    const prompt_files files;
    const auto name = (root / "secret").string();
    const auto before = files.open(name)->version;
    BOOST_TEST((files.open(name)->version == before));
    fs::last_write_time(name, fs::last_write_time(name) + std::chrono::seconds{1});
    BOOST_TEST((files.open(name)->version != before));
    write(root / "other", "secret");
    fs::rename(root / "other", name);
    BOOST_TEST((files.open(name)->version.inode != before.inode));
}

BOOST_AUTO_TEST_CASE(cache_forgets_what_was_asked_for_least_recently) {
    prompt_cache cache(100);
    const file_version version{.octets = 1};
    cache.keep({"a", 0}, version, make_prompt(40));
    cache.keep({"b", 0}, version, make_prompt(40));
    BOOST_TEST(cache.find({"a", 0}, version));
    cache.keep({"c", 0}, version, make_prompt(40));
    BOOST_TEST(cache.find({"a", 0}, version));
    BOOST_TEST(!cache.find({"b", 0}, version));
    BOOST_TEST(cache.find({"c", 0}, version));
    BOOST_TEST(cache.octets() == 80u);
    cache.keep({"d", 0}, version, make_prompt(100));
    BOOST_TEST(cache.size() == 1u);
    BOOST_TEST(cache.octets() == 100u);
}

BOOST_AUTO_TEST_CASE(cache_keeps_versions_and_payload_types_apart) {
    prompt_cache cache(100);
    const file_version old{.octets = 1}, changed{.octets = 2};
    cache.keep({"a.wav", 0}, old, make_prompt(10));
    BOOST_TEST(!cache.find({"a.wav", 8}, old));
    BOOST_TEST(!cache.find({"a.wav", 0}, changed));
    cache.keep({"a.wav", 0}, changed, make_prompt(20));
    BOOST_TEST(!cache.find({"a.wav", 0}, old));
    BOOST_TEST(cache.find({"a.wav", 0}, changed));
    BOOST_TEST(cache.octets() == 20u);
    BOOST_TEST(cache.size() == 1u);
}

BOOST_AUTO_TEST_CASE(cache_keeps_nothing_larger_than_itself_and_a_prompt_in_use_lives_on) {
    prompt_cache cache(100);
    const file_version version;
    cache.keep({"a", 0}, version, make_prompt(60));
    const auto played = cache.find({"a", 0}, version);
    cache.keep({"b", 0}, version, make_prompt(60));
    BOOST_TEST(!cache.find({"a", 0}, version));
    BOOST_TEST(played->octets.size() == 60u);
    cache.keep({"b", 0}, version, make_prompt(101));
    BOOST_TEST(cache.size() == 0u);
    BOOST_TEST(cache.octets() == 0u);
}
