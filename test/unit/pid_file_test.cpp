#define BOOST_TEST_MODULE pid_file
#include "rtpproxy/app/pid_file.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

using namespace rtpproxy;
namespace fs = std::filesystem;

namespace {

struct directory {
    directory() {
        std::string name = (fs::temp_directory_path() / "rtpproxy-pid-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        file = path / "rtpproxy.pid";
    }
    ~directory() { fs::remove_all(path); }

    fs::path path;
    fs::path file;
};

std::string contents(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void fill(const fs::path& path, std::string_view text) {
    std::ofstream(path) << text;
}

std::string own_line() {
    return std::to_string(::getpid()) + "\n";
}

/// Why the file is not taken; empty when it is.
std::string refusal(const fs::path& path) {
    try {
        const pid_file taken(path);
    } catch (const startup_error& error) {
        return error.what();
    }
    return {};
}

bool is_character_device(const fs::path& path) {
    return fs::is_character_file(fs::symlink_status(path));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pid_files, directory)

BOOST_AUTO_TEST_CASE(our_file_is_written_and_unlinked) {
    {
        pid_file pid(file);
        pid.write();
        BOOST_TEST(contents(file) == own_line());
    }
    BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_stale_longer_id_is_replaced) {
    fill(file, "123456789012345\n");
    pid_file pid(file);
    pid.write();
    BOOST_TEST(contents(file) == own_line());
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_taken) {
    fill(file, "");
    pid_file pid(file);
    pid.write();
    BOOST_TEST(contents(file) == own_line());
}

BOOST_AUTO_TEST_CASE(a_file_that_holds_something_else_is_refused_and_kept) {
    for (const auto* const text : {"precious", "4711\nmore\n", "-1\n", "4711 4712", "0x12", "\f",
                                   "4711,a,b\n", "123456789012345678901234567890123"}) {
        fill(file, text);
        BOOST_TEST(refusal(file).find("something else than a process id") != std::string::npos, text);
        BOOST_TEST(contents(file) == text);
    }
}

BOOST_AUTO_TEST_CASE(a_file_with_other_names_is_refused_and_kept) {
    const auto precious = path / "precious";
    for (const auto* const text : {"4711\n", ""}) {
        fill(precious, text);
        fs::create_hard_link(precious, file);
        BOOST_TEST(refusal(file).find("hard links") != std::string::npos);
        BOOST_TEST(contents(precious) == text);
        fs::remove(file);
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_another_user_is_refused_unless_it_is_the_one_to_become) {
    constexpr uid_t other = 12345;
    if (::geteuid() != 0) return;  // nobody else can give files away
    fill(file, "4711\n");
    BOOST_REQUIRE(::chown(file.c_str(), other, static_cast<gid_t>(-1)) == 0);
    BOOST_TEST(refusal(file).find("belongs to user 12345") != std::string::npos);
    BOOST_TEST(contents(file) == "4711\n");
    BOOST_CHECK_NO_THROW(pid_file(file, other).write());
}

BOOST_AUTO_TEST_CASE(a_running_program_is_told_from_a_stale_file) {
    {
        pid_file first(file);
        BOOST_TEST(refusal(file).find("about to run has locked the pid file") != std::string::npos);
        first.write();
        BOOST_TEST(refusal(file).find("already running with pid " + std::to_string(::getpid()) + ";") !=
                   std::string::npos);
        BOOST_TEST(contents(file) == own_line());
    }
    fill(file, "4711\n");
    BOOST_CHECK_NO_THROW(pid_file(file).write());
}

BOOST_AUTO_TEST_CASE(a_file_left_by_a_program_that_was_killed_is_taken_over) {
    const auto killed = ::fork();
    if (killed == 0) {
        pid_file pid(file);
        pid.write();
        ::_exit(0);  // without destructors
    }
    ::waitpid(killed, nullptr, 0);
    BOOST_TEST(contents(file) == std::to_string(killed) + "\n");
    pid_file pid(file);
    pid.write();
    BOOST_TEST(contents(file) == own_line());
}

BOOST_AUTO_TEST_CASE(the_lock_stays_with_the_daemon_when_its_parent_ends) {
    int life[2];
    BOOST_REQUIRE(::pipe(life) == 0);
    const auto parent = ::fork();
    if (parent == 0) {
        ::close(life[1]);
        const pid_file pid(file);
        if (::fork() != 0) ::_exit(0);
        char end = 0;
        static_cast<void>(::read(life[0], &end, 1) == 0);
        ::_exit(0);
    }
    ::waitpid(parent, nullptr, 0);
    BOOST_TEST(refusal(file).find("has locked the pid file") != std::string::npos);
    for (const int each : life)
        ::close(each);
}

BOOST_AUTO_TEST_CASE(what_is_in_use_is_told_from_what_is_foreign) {
    const auto cause_of = [&] {
        try {
            const pid_file taken(file);
        } catch (const pid_file_error& error) {
            return error.why();
        }
        return pid_file_error::cause::unavailable;
    };
    {
        const pid_file first(file);
        BOOST_TEST((cause_of() == pid_file_error::cause::in_use));
    }
    fill(file, "precious");
    BOOST_TEST((cause_of() == pid_file_error::cause::foreign));
    fs::remove(file);
    fs::create_symlink(path / "missing", file);
    BOOST_TEST((cause_of() == pid_file_error::cause::foreign));
}

BOOST_AUTO_TEST_CASE(one_that_is_made_and_never_written_goes) {
    { const pid_file pid(file); }
    BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_replaced_leads_nowhere_else) {
    const auto home = path / "home";
    const auto elsewhere = path / "elsewhere";
    for (const auto& each : {home, elsewhere})
        fs::create_directory(each);
    {
        pid_file pid(home / "pid");
        pid.write();
        fs::rename(home, path / "moved");
        fs::create_directory_symlink(elsewhere, home);
        fill(elsewhere / "pid", own_line());
    }
    BOOST_TEST(fs::exists(elsewhere / "pid"));
    BOOST_TEST(!fs::exists(path / "moved" / "pid"));
}

BOOST_AUTO_TEST_CASE(a_start_that_failed_before_writing_leaves_the_file_of_the_running_one) {
    fill(file, "4711\n");
    { const pid_file pid(file); }
    BOOST_TEST(contents(file) == "4711\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_another_process_took_over_stays) {
    {
        pid_file pid(file);
        pid.write();
        fill(file, "4711\n");
    }
    BOOST_TEST(contents(file) == "4711\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_put_in_its_place_stays) {
    {
        pid_file pid(file);
        pid.write();
        fs::rename(file, path / "moved");
        fill(file, own_line());
    }
    BOOST_TEST(fs::exists(file));
    BOOST_TEST(fs::exists(path / "moved"));
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_is_not_followed) {
    const auto target = path / "target";
    for (const fs::path& to : {target, fs::path("/dev/null"), path / "missing"}) {
        fill(target, "4711\n");
        fs::create_symlink(to, file);
        BOOST_TEST(refusal(file).find("symbolic link") != std::string::npos);
        BOOST_TEST(fs::is_symlink(file));
        BOOST_TEST(contents(target) == "4711\n");
        BOOST_TEST(!fs::exists(path / "missing"));
        fs::remove(file);
    }
    BOOST_TEST(is_character_device("/dev/null"));
}

BOOST_AUTO_TEST_CASE(a_fifo_is_not_locked) {
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    const pid_file first(file);
    BOOST_CHECK_NO_THROW(pid_file(file).write());
}

BOOST_AUTO_TEST_CASE(a_fifo_without_a_reader_neither_blocks_nor_goes) {
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    {
        pid_file pid(file);
        pid.write();
    }
    BOOST_TEST(fs::is_fifo(file));
}

BOOST_AUTO_TEST_CASE(the_null_device_means_no_file) {
    {
        pid_file pid("/dev/null");
        pid.write();
    }
    BOOST_TEST(is_character_device("/dev/null"));
    BOOST_CHECK_NO_THROW(pid_file("").write());
}

BOOST_AUTO_TEST_CASE(a_relative_name_survives_a_change_of_directory) {
    const auto before = fs::current_path();
    fs::current_path(path);
    {
        pid_file pid("rtpproxy.pid");
        pid.write();
        fs::current_path("/");
        BOOST_TEST(fs::exists(file));
    }
    fs::current_path(before);
    BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_forked_child_leaves_it_alone) {
    std::optional<pid_file> pid(std::in_place, file);
    pid->write();
    const auto child = ::fork();
    if (child == 0) {
        pid.reset();
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    BOOST_TEST(contents(file) == own_line());
}

BOOST_AUTO_TEST_CASE(a_moved_one_unlinks_once) {
    pid_file outer;
    {
        pid_file inner(file);
        inner.write();
        outer = std::move(inner);
    }
    BOOST_TEST(fs::exists(file));
    outer = pid_file();
    BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_is_named_in_the_error) {
    const auto nowhere = path / "missing" / "rtpproxy.pid";
    const auto names_it = [&](const pid_file_error& error) {
        return error.why() == pid_file_error::cause::unavailable &&
               std::string(error.what()) ==
                   "-p " + nowhere.string() + ": cannot open the pid file: No such file or directory (2)";
    };
    BOOST_CHECK_EXCEPTION(pid_file{nowhere}, pid_file_error, names_it);
}

BOOST_AUTO_TEST_SUITE_END()
