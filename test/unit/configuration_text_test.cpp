#define BOOST_TEST_MODULE configuration_text
#include "rtpproxy/app/option_table.hpp"
#include "rtpproxy/app/version.hpp"

#include "support/loaded_settings.hpp"

#include <boost/test/unit_test.hpp>

#include <regex>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

/// `key = value` of every line that --check-config printed, with the source cut off.
std::string without_sources(const std::string& text) {
    return std::regex_replace(text, std::regex("  # [^\n]*|^#[^\n]*\n"), "");
}

std::string shipped_file() {
    return read_file(fs::path(RTPPROXY_TEST_DATA) / "../../etc/rtpproxy.conf");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_config)

BOOST_AUTO_TEST_CASE(prints_each_setting_with_its_source) {
    const temporary_file file("tos = 0x20\n");
    const auto what = load({"--check-config", "-T", "5"}, {"RTPPROXY_MIN_PORT=12000"}, file.path());
    BOOST_TEST(what.exit == 0);
    BOOST_TEST(what.err == "");
    for (const std::string line :
         {"ttl = 5  # command line", "min_port = 12000  # environment RTPPROXY_MIN_PORT",
          "max_port = 20000  # default", "setup_ttl = 5  # default", "#nice =  # not set"})
        BOOST_TEST(what.out.find("\n" + line + "\n") != std::string::npos, line);
    BOOST_TEST(what.out.find("\ntos = 0x20  # " + file.name() + ":1\n") != std::string::npos);
    BOOST_TEST(what.out.starts_with("# rtpproxy " + std::string(program_version) +
                                    ", configuration file: " + file.name() + "\n"));
}

BOOST_AUTO_TEST_CASE(its_output_is_a_configuration_file_for_the_same_settings) {
    const std::vector<strings> command_lines{
        {},
        {"-f"},
        {"-m", "30001", "-u", ":root"},
        {"-6", "::1", "-l", "v4@127.0.0.1=a,b", "-6", "last@::1"},
        {"-l", "127.0.0.1/127.0.0.2", "-A", "1.1.1.1/2.2.2.2", "--bridge_symmetric"},
        {"-s", "unix:/a b,c # d;\"e\\", "-s", "tcp:127.0.0.1:5", "-n", "/x", "-n", "tcp:%%CC_SELF%%:9"},
        {"-r", " /rec #1 ", "-S", "\"", "-RPa2iFDb", "-t", "0xb8", "-w", "0660", "-p", "/dev/null"},
        {"-d", "ERR:LOG_LOCAL7", "--nice=-3", "-c", "fifo", "-L", "99", "--threads", "2",
         "--log-format=json"},
        {"-A", "1.2.3.4", "--overload_prot=x", "--no_redirect", "--no_resolve", "--force_asymmetric"},
        {"-T", "1", "-W", "2", "--max_call_duration", "3"},
    };
    for (auto arguments : command_lines) {
        const auto original = load(arguments).loaded;
        BOOST_REQUIRE(original);
        arguments.push_back("--check-config");
        const auto printed = load(arguments);
        BOOST_REQUIRE(printed.exit == 0);
        const temporary_file file(printed.out);
        const auto again = load({}, {}, file.path());
        BOOST_REQUIRE_MESSAGE(again.loaded, again.err);
        BOOST_TEST(describe(*again.loaded) == describe(*original));
        BOOST_TEST(without_sources(load({"--check-config"}, {}, file.path()).out) ==
                   without_sources(printed.out));
    }
}

BOOST_AUTO_TEST_CASE(fails_like_a_start_would) {
    BOOST_TEST(refusal({"--check-config", "-l", "127.0.0.1", "-l", "127.0.0.2"})
                   .starts_with("command line: listen"));
    BOOST_TEST(refusal({"--check-config"}, {"RTPPROXY_X=1"}) ==
               "environment RTPPROXY_X: there is no such setting");
}

BOOST_AUTO_TEST_CASE(warns_of_what_has_no_effect) {
    const auto what = load({"--check-config", "--overload_prot"});
    BOOST_TEST(what.exit == 0);
    BOOST_TEST(what.err == "rtpproxy: warning: overload_prot: has no effect\n");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(shipped_configuration)

BOOST_AUTO_TEST_CASE(changes_nothing_as_it_is) {
    const temporary_file file(shipped_file());
    BOOST_TEST(describe(good({}, {}, file.path())) == describe(good({})));
}

BOOST_AUTO_TEST_CASE(documents_the_true_defaults) {
    const std::regex commented("(^|\n)#(?=[a-z0-9_]+ = )");
    const temporary_file file(std::regex_replace(shipped_file(), commented, "$1"));
    BOOST_TEST(describe(good({}, {}, file.path())) == describe(good({})));
    BOOST_TEST(load({"--check-config"}, {}, file.path()).out.find("\nmax_port = 20000  # " + file.name()) !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(shows_examples_that_are_accepted) {
    const std::string text = shipped_file();
    const std::regex example("\n#   ([a-z0-9_]+ = [^\n]*)");
    int count = 0;
    for (std::sregex_iterator match(text.begin(), text.end(), example), end; match != end; ++match, ++count) {
        const std::string line = (*match)[1];
        std::string needed;
        if (line.starts_with("spool_dir")) needed = "record_dir = /x\n";
        if (line.starts_with("listen6")) needed = "listen = 127.0.0.1\n";
        const temporary_file file(needed + line + "\n");
        const auto what = load({}, {}, file.path());
        BOOST_TEST(what.loaded.has_value(), line << ": " << what.err);
    }
    BOOST_TEST(count > 10);
}

BOOST_AUTO_TEST_CASE(mentions_every_setting) {
    const std::string text = shipped_file();
    const option_table table;
    for (const auto& key : table.keys())
        if (key != "dso") BOOST_TEST(std::regex_search(text, std::regex("\n#( {3})?" + key + " = ")), key);
}

BOOST_AUTO_TEST_SUITE_END()
