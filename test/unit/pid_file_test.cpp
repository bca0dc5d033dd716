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
    fill(file, "123456789012345\nrest\n");
    pid_file pid(file);
    pid.write();
    BOOST_TEST(contents(file) == own_line());
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

BOOST_AUTO_TEST_CASE(a_symbolic_link_is_written_through_but_nothing_is_unlinked) {
    const auto target = path / "target";
    fill(target, "");
    fs::create_symlink(target, file);
    {
        pid_file pid(file);
        pid.write();
        BOOST_TEST(contents(target) == own_line());
    }
    BOOST_TEST(fs::is_symlink(file));
    BOOST_TEST(fs::exists(target));
}

BOOST_AUTO_TEST_CASE(a_link_to_the_null_device_harms_neither) {
    fs::create_symlink("/dev/null", file);
    {
        pid_file pid(file);
        pid.write();
    }
    BOOST_TEST(fs::is_symlink(file));
    BOOST_TEST(is_character_device("/dev/null"));
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
    const auto names_it = [&](const startup_error& error) {
        return std::string(error.what()) ==
               "-p " + nowhere.string() + ": cannot open the pid file: No such file or directory (2)";
    };
    BOOST_CHECK_EXCEPTION(pid_file{nowhere}, startup_error, names_it);
}

BOOST_AUTO_TEST_SUITE_END()
