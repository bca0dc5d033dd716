#define BOOST_TEST_MODULE record_writer
#include "rtpproxy/accounting/record_writer.hpp"

#include "support/poll_until.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The whole lines: of the last one half may be there while it is written.
std::vector<std::string> lines_of(const fs::path& path) {
    const auto text = text_of(path);
    std::istringstream in(text.substr(0, text.rfind('\n') + 1));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

bool has_lines(const fs::path& path, std::size_t wanted) {
    return poll_until([&] { return lines_of(path).size() >= wanted; });
}

std::unique_ptr<call_record> record_of(const std::string& call_id) {
    auto record = std::make_unique<call_record>();
    record->call_id = call_id;
    record->from_tag = "tag";
    return record;
}

/// The call-ids in a file of JSON lines, which must all be whole.
std::vector<std::string> calls_in(const fs::path& path) {
    std::vector<std::string> calls;
    for (const auto& line : lines_of(path))
        calls.emplace_back(boost::json::parse(line).at("call_id").as_string());
    return calls;
}

/// The lock another program may hold while it reads the file.
class foreign_lock {
  public:
    explicit foreign_lock(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
        struct flock whole {};
        whole.l_type = F_WRLCK;
        BOOST_REQUIRE(::fcntl(file_, F_OFD_SETLK, &whole) == 0);
    }
    ~foreign_lock() { ::close(file_); }
    foreign_lock(const foreign_lock&) = delete;
    foreign_lock& operator=(const foreign_lock&) = delete;

  private:
    int file_;
};

/// No file may become longer than that; what does not fit is refused as by a full disk.
class disk_of {
  public:
    explicit disk_of(rlim_t octets) {
        ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{octets, before_.rlim_max};
        BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    }
    ~disk_of() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    disk_of(const disk_of&) = delete;
    disk_of& operator=(const disk_of&) = delete;

  private:
    rlimit before_{};
};

struct fixture {
    temporary_directory directory;
    std::string csv = directory / "cdr.csv";
    std::string json = directory / "cdr.json";
    std::chrono::milliseconds patience = 30s;  // of stop(), for a disk or a thread that stands still
    std::optional<record_writer> writer;

    void start(std::vector<record_target> targets, std::size_t most_waiting = 1000) {
        writer.emplace(record_writer::settings{
            .targets = std::move(targets), .most_waiting = most_waiting, .patience = patience});
        const auto opened = writer->open();
        BOOST_REQUIRE_MESSAGE(opened, opened.error());
        writer->start({.node = "node", .pid = 1});
    }
    void start_json(std::size_t most_waiting = 1000) { start({{record_format::json, json}}, most_waiting); }
    void submit(const std::string& call_id) { writer->submit(record_of(call_id)); }
    void submit_many(const std::string& prefix, int count) {
        for (int i = 0; i < count; ++i)
            submit(prefix + std::to_string(i));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(files, fixture)

BOOST_AUTO_TEST_CASE(both_formats_take_every_record) {
    start({{record_format::csv, csv}, {record_format::json, json}});
    submit("one");
    submit("two");
    writer->stop();
    const auto csv_lines = lines_of(csv);
    BOOST_REQUIRE(csv_lines.size() == 3);
    BOOST_TEST(csv_lines[0] == csv_header());
    BOOST_TEST(csv_lines[1].starts_with("1.2,node,1,1,one,tag,"));
    BOOST_TEST(csv_lines[2].starts_with("1.2,node,1,2,two,tag,"));
    BOOST_TEST((calls_in(json) == std::vector<std::string>{"one", "two"}));
    BOOST_TEST(writer->lost() == 0);
    struct stat status {};
    BOOST_REQUIRE(::stat(csv.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07077) == 0040U);  // call data are nobody else's business
}

BOOST_AUTO_TEST_CASE(records_are_on_disk_at_once) {
    start_json();
    submit("one");
    BOOST_TEST(has_lines(json, 1));
    submit("two");
    BOOST_TEST(has_lines(json, 2));
}

BOOST_AUTO_TEST_CASE(a_file_that_has_a_header_is_continued) {
    for (const auto* call : {"first", "second"}) {
        start({{record_format::csv, csv}});
        submit(call);
        writer.reset();
    }
    const auto lines = lines_of(csv);
    BOOST_REQUIRE(lines.size() == 3);
    BOOST_TEST(lines[0] == csv_header());
    BOOST_TEST(lines[2].starts_with("1.2,node,1,1,second,"));
}

BOOST_AUTO_TEST_CASE(a_torn_line_of_somebody_else_does_not_spoil_ours) {
    std::ofstream(json) << "{\"torn\":";
    start_json();
    submit("whole");
    writer.reset();
    const auto lines = lines_of(json);
    BOOST_REQUIRE(lines.size() == 2);
    BOOST_TEST(lines[0] == "{\"torn\":");
    BOOST_TEST(boost::json::parse(lines[1]).at("call_id") == "whole");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_is_named) {
    const auto why = [](record_target target) {
        record_writer refused({.targets = {std::move(target)}});
        const auto opened = refused.open();
        BOOST_REQUIRE(!opened);
        return opened.error();
    };
    const auto nowhere = directory / "none/cdr.csv";
    BOOST_TEST(why({record_format::csv, nowhere}) == "csv:" + nowhere + ": No such file or directory (2)");
    const auto fifo = directory / "fifo";
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_TEST(why({record_format::json, fifo}) == "json:" + fifo + ": is no regular file");
    BOOST_TEST(why({record_format::json, "/dev/null"}) == "json:/dev/null: is no regular file");
    BOOST_TEST(why({record_format::json, directory / ""}).ends_with("Is a directory (21)"));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(rotation, fixture)

BOOST_AUTO_TEST_CASE(a_file_that_was_moved_is_begun_anew) {
    start({{record_format::csv, csv}});
    submit("before");
    BOOST_REQUIRE(has_lines(csv, 2));
    const auto moved = directory / "cdr.csv.1";
    fs::rename(csv, moved);
    submit("after");
    BOOST_REQUIRE(has_lines(csv, 2));
    BOOST_TEST(lines_of(csv)[0] == csv_header());
    BOOST_TEST(lines_of(csv)[1].find("after") != std::string::npos);
    BOOST_TEST(lines_of(moved).size() == 2);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_removed_or_emptied_is_begun_anew) {
    start({{record_format::csv, csv}});
    submit("lost");
    BOOST_REQUIRE(has_lines(csv, 2));
    fs::remove(csv);
    submit("second");
    BOOST_REQUIRE(has_lines(csv, 2));
    fs::resize_file(csv, 0);  // logrotate's copytruncate
    submit("third");
    BOOST_REQUIRE(has_lines(csv, 2));
    BOOST_TEST(lines_of(csv)[0] == csv_header());
    BOOST_TEST(lines_of(csv)[1].find("third") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_while_files_are_moved_away) {
    start_json(100'000);
    constexpr int rounds = 20, calls = 200;
    for (int round = 0; round < rounds; ++round) {
        submit_many("call-" + std::to_string(round) + "-", calls);
        std::error_code not_there_yet;
        fs::rename(json, directory / ("moved-" + std::to_string(round)).c_str(), not_there_yet);
    }
    writer->stop();
    std::size_t found = calls_in(json).size();
    for (int round = 0; round < rounds; ++round)
        found += calls_in(directory / ("moved-" + std::to_string(round)).c_str()).size();
    BOOST_TEST(found == rounds * calls);
    BOOST_TEST(writer->lost() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(trouble, fixture)

BOOST_AUTO_TEST_CASE(a_locked_file_is_waited_for) {
    start({{record_format::csv, csv}, {record_format::json, json}});
    {
        const foreign_lock held(csv);
        submit_many("call-", 10);
        BOOST_TEST(has_lines(json, 10));  // does not wait for the other one
        BOOST_TEST(text_of(csv).empty());
    }
    BOOST_TEST(has_lines(csv, 11));
    BOOST_TEST(writer->lost() == 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_stays_locked_costs_records_but_not_the_end) {
    patience = 300ms;
    start_json();
    const foreign_lock held(json);
    submit_many("call-", 3);
    writer->stop();
    BOOST_TEST(text_of(json).empty());
    BOOST_TEST(writer->lost() == 3);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_whole_lines_and_is_written_when_it_has_room) {
    start_json();
    {
        const disk_of small(5000);
        submit("call-0");
        BOOST_REQUIRE(has_lines(json, 1));
        const auto before = fs::last_write_time(json);
        for (int i = 1; i < 20; ++i)
            submit("call-" + std::to_string(i));
        // A part was written at least, and what was torn was taken back.
        BOOST_REQUIRE(poll_until([&] { return fs::last_write_time(json) != before; }));
        std::string whole;  // once more it is torn for a moment whenever it is tried again
        BOOST_REQUIRE(poll_until([&] { return (whole = text_of(json)).ends_with("}\n"); }));
        BOOST_TEST(std::ranges::count(whole, '\n') < 20);
    }
    BOOST_TEST(has_lines(json, 20));  // tried again after a second
    const auto calls = calls_in(json);
    BOOST_REQUIRE(calls.size() == 20);
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(calls[static_cast<std::size_t>(i)] == "call-" + std::to_string(i));
    BOOST_TEST(writer->lost() == 0);
}

BOOST_AUTO_TEST_CASE(a_vanished_directory_costs_what_does_not_fit_the_queue) {
    const auto place = directory / "place";
    fs::create_directory(place);
    start({{record_format::json, place + "/cdr.json"}}, 5);
    fs::remove_all(place);
    for (int i = 0; i < 20; ++i) {
        submit("call-" + std::to_string(i));
        std::this_thread::sleep_for(1ms);  // lets them go to the file's own queue
    }
    BOOST_TEST(poll_until([&] { return writer->lost() >= 10; }));
    fs::create_directory(place);
    BOOST_TEST(poll_until([&] { return lines_of(place + "/cdr.json").size() + writer->lost() == 20; }));
    BOOST_TEST(calls_in(place + "/cdr.json").size() >= 5);
    submit("late");
    BOOST_TEST(poll_until([&] {
        const auto calls = calls_in(place + "/cdr.json");
        return !calls.empty() && calls.back() == "late";
    }));
    writer->stop();
    BOOST_TEST(calls_in(place + "/cdr.json").size() + writer->lost() == 21);
}

// Before the thread takes anything over, the queue is all there is.
BOOST_AUTO_TEST_CASE(a_full_queue_loses_records_and_their_numbers_tell) {
    writer.emplace(record_writer::settings{.targets = {{record_format::json, json}}, .most_waiting = 3});
    BOOST_REQUIRE(writer->open());
    submit_many("call-", 5);
    BOOST_TEST(writer->lost() == 2);
    writer->start({.node = "node", .pid = 1});
    BOOST_REQUIRE(has_lines(json, 3));
    submit("late");
    writer->stop();
    const auto lines = lines_of(json);
    BOOST_REQUIRE(lines.size() == 4);
    BOOST_TEST(boost::json::parse(lines[3]).at("record") == 6);
}

BOOST_AUTO_TEST_CASE(records_of_several_threads_are_all_written) {
    start_json(100'000);
    std::vector<std::thread> shards;
    for (int i = 0; i < 4; ++i)
        shards.emplace_back([this, i] { submit_many("shard-" + std::to_string(i) + "-", 500); });
    for (auto& shard : shards)
        shard.join();
    writer->stop();
    BOOST_TEST(calls_in(json).size() == 2000);
}

BOOST_AUTO_TEST_CASE(what_comes_after_the_end_is_counted_as_lost) {
    start_json();
    writer->stop();
    submit("too late");
    BOOST_TEST(writer->lost() == 1);
    BOOST_TEST(text_of(json).empty());
}

BOOST_AUTO_TEST_SUITE_END()
