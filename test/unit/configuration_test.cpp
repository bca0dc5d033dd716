#define BOOST_TEST_MODULE configuration
#include "rtpproxy/app/configuration.hpp"

#include "rtpproxy/app/option_table.hpp"
#include "rtpproxy/app/version.hpp"
#include "rtpproxy/codec/sound_reader.hpp"

#include "support/loaded_settings.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

using namespace rtpproxy;
using namespace std::chrono_literals;
using namespace rtpproxy::test;

namespace {

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// One option: its classic letter (or none), its key, a value, and where the value shows.
struct option_case {
    std::string letter;
    std::string key;
    std::string value;  // empty: a flag
    std::function<bool(const settings&)> holds;
};

using kind = control_socket_spec::kind;

strings permitted(const settings& s) {
    return s.notify_targets.permitted_names();
}

const std::vector<option_case> option_cases{
    {"s", "control_socket", "cunix:/x", [](const auto& s) { return s.control_sockets.at(0).path == "/x"; }},
    {"w", "socket_mode", "0755", [](const auto& s) { return s.unix_socket_mode == 0755U; }},
    {"", "control_allow", "192.0.2.0/24",
     [](const auto& s) {
         return s.control_allowed.networks.contains(boost::asio::ip::make_address("192.0.2.9"));
     }},
    {"", "copy_allow", "192.0.2.0/24,2001:db8::1",
     [](const auto& s) { return s.copy_allowed.to_string() == "192.0.2.0/24,2001:db8::1/128"; }},
    {"", "media_deny", "192.0.2.0/24",
     [](const auto& s) {
         return s.media_denied.to_string() ==
                "0.0.0.0/8,169.254.169.254/32,240.0.0.0/4,192.0.2.0/24,fd00:ec2::254/128";
     }},
    {"", "media_allow", "192.0.2.0/24",
     [](const auto& s) { return s.media_allowed.to_string() == "192.0.2.0/24"; }},
    {"", "host_media", "none", [](const auto& s) { return s.to_this_host == host_media::none; }},
    {"", "carrier_media", "198.51.100.0/24",
     [](const auto& s) { return s.carrier_media.to_string() == "198.51.100.0/24"; }},
    {"", "control_allow_uid", "root",
     [](const auto& s) { return s.control_allowed.users == std::vector<uid_t>{0}; }},
    {"", "control_rate", "70", [](const auto& s) { return s.control_rate == 70; }},
    {"", "max_control_connections", "80", [](const auto& s) { return s.max_control_connections == 80; }},
    {"", "control_idle", "85", [](const auto& s) { return s.control_idle == 85s; }},
    {"", "notify_queue", "90", [](const auto& s) { return s.notify_queue == 90; }},
    {"", "notify_keep", "0", [](const auto& s) { return s.notify_keep == 0s; }},
    {"", "notify_delete_all", "", [](const auto& s) { return s.notify_delete_all; }},
    {"n", "notify", "/run/x", [](const auto& s) { return permitted(s) == strings{"unix:/run/x"}; }},
    {"l", "listen", "127.0.0.1",
     [](const auto& s) { return s.listen.at(0).address.to_string() == "127.0.0.1"; }},
    {"6", "listen6", "::1", [](const auto& s) { return s.listen.at(0).address.to_string() == "::1"; }},
    {"A", "advertised", "1.2.3.4", [](const auto& s) { return s.warnings.size() == 1; }},
    {"", "no_resolve", "", [](const auto& s) { return s.no_resolve; }},
    {"m", "min_port", "11001", [](const auto& s) { return s.min_port == 11002; }},
    {"M", "max_port", "13001", [](const auto& s) { return s.max_port == 13000; }},
    {"b", "sequential_ports", "", [](const auto& s) { return s.sequential_ports; }},
    {"", "max_sessions", "60", [](const auto& s) { return s.max_sessions == 60; }},
    {"", "refuse_calls", "silence", [](const auto& s) { return s.refuse_calls == call_refusal::silence; }},
    {"T", "ttl", "7", [](const auto& s) { return s.ttl == 7s && s.setup_ttl == 7s; }},
    {"W", "setup_ttl", "8", [](const auto& s) { return s.ttl == 60s && s.setup_ttl == 8s; }},
    {"", "hold_ttl", "30", [](const auto& s) { return s.hold_ttl == 30s; }},
    {"", "max_call_duration", "9", [](const auto& s) { return s.max_call_duration == 9s; }},
    {"i", "independent_ttl", "", [](const auto& s) { return s.independent_ttl; }},
    {"", "force_asymmetric", "",
     [](const auto& s) { return s.force_asymmetric && s.asymmetric_by_default(); }},
    {"", "bridge_symmetric", "", [](const auto& s) { return s.bridge_symmetric; }},
    {"", "learning", "signalled,0.0.0.0=guarded",
     [](const auto& s) {
         return s.learning.standard == learning_policy::signalled && s.learning.exceptions.size() == 1;
     }},
    {"", "leg_packet_rate", "77", [](const auto& s) { return s.leg_packet_rate == 77; }},
    {"t", "tos", "0x10", [](const auto& s) { return s.tos == 16; }},
    {"2", "double_send", "", [](const auto& s) { return s.double_send; }},
    {"", "threads", "3", [](const auto& s) { return s.threads == 3; }},
    {"", "gather_max", "250", [](const auto& s) { return s.gather_max == std::chrono::microseconds(250); }},
    {"", "prompt_dir", "/prompts", [](const auto& s) { return s.prompt_dir == "/prompts"; }},
    {"r", "record_dir", "/rec", [](const auto& s) { return s.record_dir == "/rec"; }},
    {"R", "no_record_rtcp", "", [](const auto& s) { return !s.record_rtcp; }},
    {"", "no_record_details", "", [](const auto& s) { return !s.record_details; }},
    {"P", "record_pcap", "", [](const auto& s) { return s.recorded_as == recording_format::pcap; }},
    {"", "record_format", "wav", [](const auto& s) { return s.recorded_as == recording_format::wav; }},
    {"", "record_buffer", "7", [](const auto& s) { return s.record_buffer_mib == 7; }},
    {"a", "record_all", "", [](const auto& s) { return s.record_all; }},
    {"", "cdr", "json:cdr.json",
     [](const auto& s) {
         return s.call_records == std::vector{record_target{record_format::json, "cdr.json"}};
     }},
    {"f", "foreground", "", [](const auto& s) { return s.foreground; }},
    {"u", "user", "root:root", [](const auto& s) { return s.run_as.uid == 0U && s.run_as.gid == 0U; }},
    {"F", "no_root_check", "", [](const auto& s) { return s.no_root_check; }},
    {"", "sandbox", "", [](const auto& s) { return s.sandbox; }},
    {"p", "pid_file", "/x.pid", [](const auto& s) { return s.pid_file == "/x.pid"; }},
    {"D", "no_chdir", "", [](const auto& s) { return s.no_chdir; }},
    {"", "no_redirect", "", [](const auto& s) { return s.no_redirect; }},
    {"L", "open_files", "4096", [](const auto& s) { return s.open_files == 4096U; }},
    {"c", "scheduler", "rr", [](const auto& s) { return s.scheduling == scheduling_policy::round_robin; }},
    {"", "nice", "-5", [](const auto& s) { return s.nice == -5; }},
    {"", "overload_prot", "", [](const auto& s) { return s.warnings.size() == 1; }},
    {"d", "log_level", "dbug:local1",
     [](const auto& s) { return s.log_level == log::level::dbug && s.log_facility == LOG_LOCAL1; }},
    {"", "log_format", "json", [](const auto& s) { return s.log_format == log::line_format::json; }},
    {"", "log_rate", "20", [](const auto& s) { return s.log_rate == 20; }},
};

std::vector<strings> spellings(const option_case& c) {
    std::string dashed = c.key;
    std::ranges::replace(dashed, '_', '-');
    std::vector<strings> result;
    for (const auto& name : {"--" + c.key, "--" + dashed}) {
        result.push_back(c.value.empty() ? strings{name} : strings{name, c.value});
        result.push_back({name + "=" + (c.value.empty() ? "on" : c.value)});
    }
    if (!c.letter.empty()) result.push_back({"-" + c.letter + c.value});
    if (!c.letter.empty() && !c.value.empty()) result.push_back({"-" + c.letter, c.value});
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sources)

BOOST_AUTO_TEST_CASE(defaults_are_complete) {
    const auto s = good({});
    BOOST_REQUIRE(s.control_sockets.size() == 1);
    BOOST_TEST(s.control_sockets[0].host == "127.0.0.1");
    BOOST_TEST(s.control_sockets[0].port == 7722);
    BOOST_REQUIRE(s.listen.size() == 1);
    BOOST_TEST(s.listen[0].address.to_string() == "0.0.0.0");
    BOOST_TEST(s.min_port == 10000);
    BOOST_TEST(s.max_port == 19998);
    BOOST_TEST((s.ttl == 60s && s.setup_ttl == 200s && s.max_call_duration == 0s));
    BOOST_TEST((s.hold_ttl == 3600s && s.control_idle == 0s));
    BOOST_TEST(int{s.tos} == 184);
    BOOST_TEST((s.log_level == log::level::warn));
    BOOST_TEST(s.pid_file == "/run/rtpproxy.pid");
    BOOST_TEST(!s.asymmetric_by_default());
    BOOST_TEST((s.learning.standard == learning_policy::guarded));
    BOOST_TEST(s.leg_packet_rate == 5000u);
    BOOST_TEST(!s.unix_socket_mode);
    BOOST_TEST(s.warnings.empty());
}

BOOST_AUTO_TEST_CASE(every_setting_has_a_case_here) {
    std::set<std::string> tested{"spool_dir", "dso", "dynamic_payload"};
    for (const auto& c : option_cases)
        tested.insert(c.key);
    const option_table table;
    for (const auto& key : table.keys())
        BOOST_TEST(tested.contains(key), key);
}

BOOST_AUTO_TEST_CASE(command_line_takes_every_spelling) {
    for (const auto& c : option_cases)
        for (const auto& arguments : spellings(c))
            BOOST_TEST_CONTEXT(arguments.front()) BOOST_TEST(c.holds(good(arguments)));
}

/// What a build can encode differs.
BOOST_AUTO_TEST_CASE(dynamic_payload_types_come_from_everywhere) {
    if (!can_read_sound_files() || !can_encode(codec_id::opus) || !can_encode(codec_id::gsm)) return;
    using payloads = std::vector<dynamic_payload>;
    const payloads both{{111, codec_id::opus}, {96, codec_id::gsm}};
    const temporary_file file("dynamic_payload = 111=opus, 96=GSM\n");
    BOOST_TEST(
        (good({"--dynamic-payload", "111=opus", "--dynamic_payload=96=gsm"}).dynamic_payloads == both));
    BOOST_TEST((good({}, {"RTPPROXY_DYNAMIC_PAYLOAD=111=OPUS 96=GSM"}).dynamic_payloads == both));
    BOOST_TEST((good({}, {}, file.path()).dynamic_payloads == both));
    BOOST_TEST((good({"--dynamic-payload=127=opus"}, {}, file.path()).dynamic_payloads ==
                payloads{{127, codec_id::opus}}));
    BOOST_TEST(good({}).dynamic_payloads.empty());
}

BOOST_AUTO_TEST_CASE(dynamic_payload_types_are_given_once) {
    if (!can_read_sound_files() || !can_encode(codec_id::opus) || !can_encode(codec_id::gsm)) return;
    for (const std::string again : {"111=opus", "111=GSM"})
        BOOST_TEST(refusal({"--dynamic-payload=111=opus", "--dynamic-payload=96=opus",
                            "--dynamic-payload=" + again}) ==
                   "command line: dynamic_payload = \"" + again + "\": this payload type is given already");
    const temporary_file file("dynamic_payload = 111=opus\ndynamic_payload = 111=GSM\n");
    BOOST_TEST(refusal({}, {}, file.path()) ==
               file.name() + ":2: dynamic_payload = \"111=GSM\": this payload type is given already");
}

BOOST_AUTO_TEST_CASE(environment_and_file_take_every_setting) {
    for (const auto& c : option_cases) {
        BOOST_TEST_CONTEXT(c.key) {
            const std::string value = c.value.empty() ? "yes" : c.value;
            BOOST_TEST(c.holds(good({}, {"RTPPROXY_" + upper(c.key) + "=" + value})));
            BOOST_TEST(c.holds(good({}, {}, temporary_file(c.key + " = " + value + "\n").path())));
        }
    }
}

BOOST_AUTO_TEST_CASE(command_line_wins_over_environment_over_file_over_default) {
    const temporary_file file("ttl = 3\nforeground = on\nnotify = /f1, /f2\n");
    const strings environment{"RTPPROXY_TTL=2"};
    BOOST_TEST((good({"-T", "1"}, environment, file.path()).ttl == 1s));
    BOOST_TEST((good({}, environment, file.path()).ttl == 2s));
    BOOST_TEST((good({}, {}, file.path()).ttl == 3s));
    BOOST_TEST((good({}).ttl == 60s));
    BOOST_TEST(!good({"--foreground=off"}, {}, file.path()).foreground);
    const auto notify = [&](const strings& arguments, const strings& variables) {
        return permitted(good(arguments, variables, file.path()));
    };
    BOOST_TEST((notify({"-n", "/c"}, {"RTPPROXY_NOTIFY=/e"}) == strings{"unix:/c"}));
    BOOST_TEST((notify({}, {"RTPPROXY_NOTIFY=/e1 /e2  /e3"}) == strings{"unix:/e1", "unix:/e2", "unix:/e3"}));
    BOOST_TEST((notify({}, {}) == strings{"unix:/f1", "unix:/f2"}));
}

BOOST_AUTO_TEST_CASE(the_configuration_file_can_be_named) {
    const temporary_file named("ttl = 3\n");
    const temporary_file usual("ttl = 4\ntos = 5\n");
    BOOST_TEST((good({"--config", named.name()}, {}, usual.path()).ttl == 3s));
    BOOST_TEST(int{good({"--config", named.name()}, {}, usual.path()).tos} == 184);
    BOOST_TEST((good({}, {"RTPPROXY_CONFIG=" + named.name()}, usual.path()).ttl == 3s));
    BOOST_TEST((good({"--config=/dev/null"}, {}, usual.path()).ttl == 60s));
    BOOST_TEST(refusal({"--config", "/nonexistent/x"}) ==
               "/nonexistent/x: cannot read it: No such file or directory");
    BOOST_TEST(refusal({}, {"RTPPROXY_CONFIG=/nonexistent/x"}) ==
               "/nonexistent/x: cannot read it: No such file or directory");
}

BOOST_AUTO_TEST_CASE(only_regular_files_are_read) {
    const temporary_directory directory;
    const auto fifo = directory / "fifo";
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const auto link = directory / "link";
    fs::create_symlink("/dev/zero", link);
    const std::pair<std::string, std::string> cases[]{
        {"/tmp", "directory"}, {fifo, "FIFO"}, {"/dev/zero", "device"}, {link, "device"}};
    for (const auto& [name, kind_of_file] : cases) {
        const auto message = name + ": is a " + kind_of_file + ", expected a configuration file";
        BOOST_TEST(refusal({"--config", name}) == message);
        BOOST_TEST(refusal({}, {"RTPPROXY_CONFIG=" + name}) == message);
        BOOST_TEST(refusal({}, {}, name) == message);
    }
    BOOST_TEST(refusal({"--config", "/proc/self/mem"}).starts_with("/proc/self/mem: cannot read it"));
}

BOOST_AUTO_TEST_CASE(dev_null_stands_for_no_file) {
    const temporary_directory directory;
    const auto link = directory / "link";
    fs::create_symlink("/dev/null", link);
    BOOST_TEST((good({"--config", link}).ttl == 60s));
    BOOST_TEST((good({}, {}, link).ttl == 60s));
}

BOOST_AUTO_TEST_CASE(files_have_at_most_one_mebibyte) {
    std::string text = "ttl = 3\n";
    text.append((1U << 20U) - text.size() - 1, '#');
    text += '\n';
    BOOST_TEST((good({}, {}, temporary_file(text).path()).ttl == 3s));
    const temporary_file large(text + '#');
    BOOST_TEST(refusal({}, {}, large.path()) == large.name() + ": is larger than 1048576 bytes");
}

BOOST_AUTO_TEST_CASE(empty_and_foreign_variables_are_passed_over) {
    good({}, {"RTPPROXY_TTL=", "RTPPROXY_PORT=tcp://10.0.0.1:7722", "RTPPROXY_PORT_7722_UDP_ADDR=10.0.0.1",
              "RTPPROXY_SERVICE_HOST=10.0.0.1", "RTPPROXY_SERVICE_PORT_CONTROL=7722", "RTPP_LOG_TFORM=rel",
              "RTPP_LOG_TSTART=1", "PATH=/bin", "RTPPROXY_TTL"});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(command_line_forms)

BOOST_AUTO_TEST_CASE(letters_combine_and_glue) {
    const auto s = good({"-2fFbm30000", "-M40000", "-T", "5", "-W6"});
    BOOST_TEST((s.double_send && s.foreground && s.no_root_check && s.sequential_ports));
    BOOST_TEST(s.min_port == 30000);
    BOOST_TEST(s.max_port == 39998);
    BOOST_TEST((s.ttl == 5s && s.setup_ttl == 6s));
    BOOST_TEST(good({"-f6::1"}).listen.at(0).address.to_string() == "::1");
    BOOST_TEST(good({"-6", "::1"}).listen.at(0).address.to_string() == "::1");
    good({"-f", "--"});
}

BOOST_AUTO_TEST_CASE(the_last_of_several_values_counts) {
    BOOST_TEST((good({"-T", "5", "--ttl=6", "-T7"}).ttl == 7s));
    BOOST_TEST(!good({"-f", "--foreground=no"}).foreground);
}

BOOST_AUTO_TEST_CASE(long_options_can_be_abbreviated) {
    BOOST_TEST(good({"--force"}).force_asymmetric);
}

BOOST_AUTO_TEST_CASE(repeatable_options_add_up) {
    const auto s = good({"-s", "udp:127.0.0.1:1", "-s", "tcp:127.0.0.1:2", "-n", "/a", "-n/b"});
    BOOST_REQUIRE(s.control_sockets.size() == 2);
    BOOST_TEST((s.control_sockets[1].transport == kind::tcp));
    BOOST_TEST((permitted(s) == strings{"unix:/a", "unix:/b"}));
}

BOOST_AUTO_TEST_CASE(allowed_peers_add_up) {
    const temporary_file file("control_allow = 192.0.2.1, 192.0.2.2\ncontrol_allow_uid = 5, 6\n");
    const auto contains = [](const settings& s, const char* address) {
        return s.control_allowed.networks.contains(boost::asio::ip::make_address(address));
    };
    const auto from_file = good({}, {}, file.path());
    BOOST_TEST((contains(from_file, "192.0.2.1") && contains(from_file, "192.0.2.2")));
    BOOST_TEST((from_file.control_allowed.users == std::vector<uid_t>{5, 6}));
    const auto s = good({"--control-allow=192.0.2.3,192.0.2.4", "--control-allow", "2001:db8::/32",
                         "--control-allow-uid=7,root", "--control-allow-uid=8"},
                        {}, file.path());
    for (const auto* address : {"192.0.2.3", "192.0.2.4", "2001:db8::1"})
        BOOST_TEST(contains(s, address));
    BOOST_TEST(!contains(s, "192.0.2.1"));
    BOOST_TEST((s.control_allowed.users == std::vector<uid_t>{7, 0, 8}));
    BOOST_TEST(good({}).control_allowed.networks.empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_option_is_answered_with_usage) {
    const std::pair<strings, std::string> cases[]{
        {{"-q"}, "command line: unknown option \"-q\""},
        {{"-fq"}, "command line: unknown option \"-q\""},
        {{"--foreground", "-qf"}, "command line: unknown option \"-q\""},
        {{"--foreground", "-fm"}, "command line: option -m needs a value"},
        {{"-\xff"}, "command line: unknown option \"-\\xff\""},
        {{"-?"}, "command line: unknown option \"-?\""},
        {{"-h"}, "command line: unknown option \"-h\""},
        {{"--nonsense=1"}, "command line: unknown option \"--nonsense=1\""},
        {{"--m", "1"}, "command line: unknown option \"--m\""},
        {{"-m"}, "command line: option -m needs a value"},
        {{"-fm"}, "command line: option -m needs a value"},
        {{"--min-port"}, "command line: option --min-port needs a value"},
        {{"extra"}, "command line: \"extra\" is not an option"},
        {{"-f", "on"}, "command line: \"on\" is not an option"},
        {{"--", "-f"}, "command line: \"-f\" is not an option"},
    };
    for (const auto& [arguments, message] : cases) {
        BOOST_TEST(refusal(arguments) == message);
        BOOST_TEST(load(arguments).err.find("usage: rtpproxy") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(immediate_actions_act_as_soon_as_they_are_met) {
    BOOST_TEST(load({"-V"}).out == std::string(program_version) + "\n");
    BOOST_TEST(load({"--version", "-q"}).out == std::string(program_version) + "\n");
    BOOST_TEST(load({"-C"}).out == "CLOCK_BOOTTIME\n");
    BOOST_TEST(load({"-fV"}, {"RTPPROXY_NONSENSE=1"}).exit == 0);
    BOOST_TEST(load({"-v"}).out.starts_with("Basic version: 20040107\nExtension 20040107: "));
    BOOST_TEST(load({"--help"}).out.find("--min-port") != std::string::npos);
    BOOST_TEST(load({"--help"}).err == "");
    BOOST_TEST(refusal({"-T0", "-V"}) ==
               "command line: ttl = \"0\": expected a whole number of seconds, 1 or more");
    BOOST_TEST(refusal({"-q", "-V"}) == "command line: unknown option \"-q\"");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(mistakes)

BOOST_AUTO_TEST_CASE(wrong_values_are_named_with_their_source) {
    const std::string number = "expected a number from 1 to 65535";
    BOOST_TEST(refusal({"-m", "abc"}) == "command line: min_port = \"abc\": " + number);
    BOOST_TEST(refusal({"-m", "abc", "-m", "30000"}) == "command line: min_port = \"abc\": " + number);
    BOOST_TEST(refusal({}, {"RTPPROXY_MIN_PORT=70000"}) ==
               "environment RTPPROXY_MIN_PORT: min_port = \"70000\": " + number);
    BOOST_TEST(refusal({}, {"RTPPROXY_MINPORT=1"}) ==
               "environment RTPPROXY_MINPORT: there is no such setting");
    BOOST_TEST(refusal({}, {"RTPPROXY_HELP=on"}) == "environment RTPPROXY_HELP: there is no such setting");
    BOOST_TEST(refusal({}, {"RTPPROXY_NOTIFY=\"/a"}) ==
               "environment RTPPROXY_NOTIFY: notify = \"\\\"/a\": the closing quote is missing");
    BOOST_TEST(refusal({}, {"RTPPROXY_TTL=1\n2"})
                   .starts_with("environment RTPPROXY_TTL: ttl = \"1\\n2\": expected"));
    const temporary_file file("# first\nmin_port = 0\n");
    BOOST_TEST(refusal({}, {}, file.path()) == file.name() + ":2: min_port = \"0\": " + number);
    const temporary_file notify("notify = /a, relative\n");
    for (const strings& arguments : {strings{}, strings{"-n", "/b"}})
        BOOST_TEST(refusal(arguments, {}, notify.path())
                       .starts_with(notify.name() + ":1: notify = \"relative\": expected unix:PATH, "));
    BOOST_TEST(refusal({"-m", "12000"}, {}, file.path()) == file.name() + ":2: min_port = \"0\": " + number);
}

BOOST_AUTO_TEST_CASE(every_kind_of_value_is_checked) {
    const std::pair<strings, std::string> cases[]{
        {{"-T=5"}, "ttl = \"=5\": expected a whole number of seconds, 1 or more"},
        {{"-t", "-1"}, "tos = \"-1\": expected a number from 0 to 255, or from 0x0 to 0xff"},
        {{"--nice", "21"}, "nice = \"21\": expected a number from -20 to 20"},
        {{"-w", "9"}, "socket_mode = \"9\": expected an octal file mode from 0 to 7777, for example 0660"},
        {{"-d", "loud"},
         "log_level = \"loud\": expected a level (DBUG, INFO, WARN, ERR or CRIT), perhaps with :FACILITY"},
        {{"-c", "batch"}, "scheduler = \"batch\": expected fifo or rr"},
        {{"--control-allow=192.0.2.1,x"},
         "control_allow = \"192.0.2.1,x\": 'x' is not a network; expected ADDR/PREFIX, for example "
         "192.0.2.0/24, or ADDR"},
        {{"--control-allow-uid=0,nobody-at-all"},
         "control_allow_uid = \"0,nobody-at-all\": there is no user \"nobody-at-all\""},
        {{"--control-allow-uid=4294967295"},
         "control_allow_uid = \"4294967295\": there is no user \"4294967295\""},
        {{"--max-sessions=-1"}, "max_sessions = \"-1\": expected a number from 0 to 1000000000"},
        {{"-n", ""}, "notify = \"\": expected unix:PATH, /PATH, tcp:HOST:PORT or tcp:%%CC_SELF%%:PORT"},
        {{"-n", "tcp:192.0.2.1"},
         "notify = \"tcp:192.0.2.1\": expected tcp:HOST:PORT with a port from 1 to 65535"},
        {{"-n", "tcp:0.0.0.0:1"}, "notify = \"tcp:0.0.0.0:1\": expected the address of one host"},
        {{"-A", "1.2.3.4/"}, "advertised = \"1.2.3.4/\": expected an address, or two separated by '/'"},
        {{"-u", "no-such-user"}, "user = \"no-such-user\": there is no user \"no-such-user\""},
        {{"-L", "-1"}, "open_files = \"-1\": expected a number from 0 to 9223372036854775807"},
        {{"--log-format=xml"}, "log_format = \"xml\": expected text or json"},
        {{"--cdr=/x"}, "cdr = \"/x\": expected csv:PATH or json:PATH"},
        {{"--cdr=xml:/x"}, "cdr = \"xml:/x\": expected csv:PATH or json:PATH"},
        {{"--cdr=csv:"}, "cdr = \"csv:\": expected csv:PATH or json:PATH"},
        {{"--cdr=csv:/x/"}, "cdr = \"csv:/x/\": expected csv:PATH or json:PATH"},
        {{"--foreground=maybe"}, "foreground = \"maybe\": expected on or off (true, false, yes, no, 1, 0)"},
        {{"-p", ""}, "pid_file = \"\": expected a path"},
        {{"-l", "a@"}, "listen = \"a@\": expected [LABEL@]ADDR[/ADDR2][=ADV]"},
    };
    for (const auto& [arguments, message] : cases)
        BOOST_TEST(refusal(arguments) == "command line: " + message);
    BOOST_TEST(refusal({"-s", "sctp:x"}).starts_with("command line: control_socket = \"sctp:x\": "));
    BOOST_TEST(
        refusal({"--dso=/x.so"}).starts_with("command line: dso = \"/x.so\": modules cannot be loaded"));
}

BOOST_AUTO_TEST_CASE(options_must_fit_together) {
    const std::pair<strings, std::string> cases[]{
        {{"-S", "/spool"}, "command line: spool_dir = \"/spool\": needs record_dir (-r) as well"},
        {{"--cdr=csv:/x", "--cdr=json:/y", "--cdr=json:/x"},
         "command line: cdr = \"json:/x\": another cdr has this file already"},
        {{"-P", "--record-format", "adhoc"},
         "command line: record_format = \"adhoc\": record_pcap (-P) means pcap"},
        {{"-s", "udp:*:1", "-s", "stdio:"},
         "command line: control_socket = \"stdio:\": needs foreground (-f) as well"},
        {{"-m", "30000", "-M", "20000"},
         "min_port = 30000 (command line) and max_port = 20000 (command line): no pair of an even port and "
         "the one "
         "above it fits between"},
        {{"-M", "9000"},
         "min_port = 10000 (default) and max_port = 9000 (command line): no pair of an even port and the one "
         "above it "
         "fits between"},
        {{"-l", "127.0.0.1", "-l", "127.0.0.2"},
         "command line: listen = \"127.0.0.2\": every address after the first needs a label (LABEL@ADDR)"},
        {{"-l", "10.0.0.1/10.0.0.2", "-A", "1.2.3.4"},
         "command line: advertised = \"1.2.3.4\": bridging needs two advertised addresses, "
         "INTERNAL/EXTERNAL, or none"},
        {{"--no_resolve", "-l", "localhost"},
         "command line: listen = \"localhost\": \"localhost\" is not a numeric address"},
        {{"--no_resolve", "-s", "udp:localhost:1"},
         "command line: control_socket = \"udp:localhost:1\": \"localhost\" is not a numeric address"},
        {{"--no_resolve", "-n", "/a", "-n", "tcp:localhost:1"},
         "command line: notify = \"tcp:localhost:1\": \"localhost\" is not a numeric address"},
        {{"-n", "tcp:*:1"}, "command line: notify = \"tcp:*:1\": expected the address of one host"},
        {{"-n", "tcp:%%CC_SELF%%:1", "-n", "tcp:%%CC_SELF%%:2", "-n", "tcp:%%CC_SELF%%:3"},
         "command line: notify = \"tcp:%%CC_SELF%%:3\": at most 2 targets with %%CC_SELF%% are possible"},
    };
    for (const auto& [arguments, message] : cases)
        BOOST_TEST(refusal(arguments) == message);
    good({"-r", "/rec", "-S", "/spool"});
    good({"-f", "-s", "stdio:"});
}

BOOST_AUTO_TEST_CASE(at_most_64_notify_targets) {
    strings arguments;
    for (int i = 0; i < 64; ++i)
        arguments.push_back("-n/t" + std::to_string(i));
    good(arguments);
    arguments.push_back("-n/t64");
    BOOST_TEST(refusal(arguments) == "command line: notify = \"/t64\": at most 64 targets are possible");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(combination)

BOOST_AUTO_TEST_CASE(port_ranges_end_where_rtcp_fits) {
    struct range_case {
        const char *min, *max;
        int first, last;
    };
    for (const auto& [min, max, first, last] :
         std::initializer_list<range_case>{{"30000", "40000", 30000, 39998},
                                           {"30001", "40001", 30002, 40000},
                                           {"30000", "30001", 30000, 30000},
                                           {"1", "65535", 2, 65534},
                                           {"1", "65534", 2, 65532}}) {
        const auto s = good({"-m", min, "-M", max});
        BOOST_TEST(s.min_port == first);
        BOOST_TEST(s.max_port == last);
    }
    for (const auto& [min, max] : std::initializer_list<std::pair<const char*, const char*>>{
             {"65535", "65535"}, {"1", "1"}, {"1", "2"}, {"30000", "30000"}})
        BOOST_TEST(refusal({"-m", min, "-M", max}).ends_with("fits between"));
}

BOOST_AUTO_TEST_CASE(a_lone_min_port_above_the_usual_range_moves_its_end) {
    BOOST_TEST(good({"-m", "19998"}).max_port == 19998);
    BOOST_TEST(good({"-m", "19999"}).max_port == 64998);
    BOOST_TEST(good({"-m", "35000"}).max_port == 64998);
}

BOOST_AUTO_TEST_CASE(log_level_and_pid_file_depend_on_the_foreground) {
    const auto foreground = good({"-f"});
    BOOST_TEST((foreground.log_level == log::level::info));
    BOOST_TEST(foreground.pid_file.empty());
    BOOST_TEST(good({"-f", "-p", "/x.pid"}).pid_file == "/x.pid");
    BOOST_TEST(good({"-p", "/dev/null"}).pid_file.empty());
    BOOST_TEST((good({"-f", "-d", "crit"}).log_level == log::level::crit));
}

BOOST_AUTO_TEST_CASE(a_group_opens_unix_sockets_unless_a_mode_is_given) {
    BOOST_TEST(good({"-u", ":root"}).unix_socket_mode.value() == 0755U);
    BOOST_TEST(good({"-u", ":root", "-w", "660"}).unix_socket_mode.value() == 0660U);
    BOOST_TEST(!good({"-u", "root"}).unix_socket_mode);
}

BOOST_AUTO_TEST_CASE(bridging_is_asymmetric_unless_told_otherwise) {
    const auto s = good({"-l", "127.0.0.1/127.0.0.2"});
    BOOST_TEST((s.bridging && s.asymmetric_by_default()));
    BOOST_TEST(!good({"-l", "127.0.0.1/127.0.0.2", "--bridge_symmetric"}).asymmetric_by_default());
}

BOOST_AUTO_TEST_CASE(notify_hosts_are_resolved_once) {
    const auto s = good({"-n", "tcp:localhost:7001", "-n", "tcp:::1:7002"});
    BOOST_TEST(destination(s, "tcp:localhost:7001") == "tcp:127.0.0.1:7001");
    BOOST_TEST(destination(s, "tcp:::1:7002") == "tcp:::1:7002");
    BOOST_TEST(destination(s, "tcp:127.0.0.1:7001") == "none");
}

BOOST_AUTO_TEST_CASE(settings_become_an_address_book) {
    const auto plain = make_local_addresses(good({"-l", "127.0.0.1=1.2.3.4", "-6", "six@::1"}));
    BOOST_TEST(!plain.bridging());
    BOOST_TEST(plain.default_address()->advertised == "1.2.3.4");
    BOOST_TEST(plain.find_label("six")->address.to_string() == "::1");

    const auto bridge = make_local_addresses(good({"-l", "127.0.0.1/127.0.0.2", "-6", "six@::1"}));
    BOOST_REQUIRE(bridge.bridging());
    using side = local_addresses::interface;
    BOOST_TEST(bridge.facing(side::internal)->address.to_string() == "127.0.0.1");
    BOOST_TEST(bridge.facing(side::external)->address.to_string() == "127.0.0.2");
    BOOST_TEST(bridge.find_label("six")->address.to_string() == "::1");
}

BOOST_AUTO_TEST_SUITE_END()
