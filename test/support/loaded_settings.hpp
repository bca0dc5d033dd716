#pragma once

#include "rtpproxy/app/configuration.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

/// Loading settings apart from the machine's own environment and files.
namespace rtpproxy::test {

namespace fs = std::filesystem;

inline const fs::path no_file = "/nonexistent/rtpproxy.conf";

using strings = std::vector<std::string>;

struct outcome {
    std::optional<settings> loaded;
    int exit = -1;
    std::string out;
    std::string err;
};

inline std::vector<char*> pointers(strings& texts) {
    std::vector<char*> result;
    for (auto& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// Runs load_configuration() apart from the machine's own environment and files.
inline outcome load(strings arguments, strings environment = {}, const fs::path& file = no_file) {
    arguments.insert(arguments.begin(), "rtpproxy");
    auto argv = pointers(arguments);
    auto envp = pointers(environment);
    std::ostringstream out, err;
    auto result =
        load_configuration(static_cast<int>(arguments.size()), argv.data(), envp.data(), out, err, file);
    outcome what{{}, -1, out.str(), err.str()};
    if (auto* code = std::get_if<exit_code>(&result)) what.exit = code->value;
    if (auto* loaded = std::get_if<settings>(&result)) what.loaded = std::move(*loaded);
    return what;
}

inline settings good(const strings& arguments, const strings& environment = {},
                     const fs::path& file = no_file) {
    const auto what = load(arguments, environment, file);
    BOOST_REQUIRE_MESSAGE(what.loaded, what.err);
    BOOST_TEST(what.out == "");
    BOOST_TEST(what.err == "");
    return *what.loaded;
}

inline std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

/// The message of a load that must fail, without the program's name.
inline std::string refusal(const strings& arguments, const strings& environment = {},
                           const fs::path& file = no_file) {
    const auto what = load(arguments, environment, file);
    BOOST_TEST(what.exit == 1);
    BOOST_TEST(what.out == "");
    BOOST_TEST(what.err.starts_with("rtpproxy: "));
    BOOST_TEST(what.err.ends_with('\n'));
    return first_line(what.err).substr(std::string("rtpproxy: ").size());
}

/// A file that is gone when the test is over.
class temporary_file {
  public:
    explicit temporary_file(const std::string& text) {
        static int count = 0;
        path_ = fs::temp_directory_path() /
                ("rtpproxy-test-" + std::to_string(getpid()) + "-" + std::to_string(count++) + ".conf");
        std::ofstream(path_) << text;
    }
    ~temporary_file() { fs::remove(path_); }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    const fs::path& path() const { return path_; }
    std::string name() const { return path_.string(); }

  private:
    fs::path path_;
};

/// Where notices go when a command over no network names this target; "none" when it may not.
inline std::string destination(const settings& s, std::string_view name) {
    auto targets = s.notify_targets;
    const auto target = targets.resolve(name, {});
    return target ? to_string(*targets.find(*target)) : "none";
}

/// Every member of the settings, as text; equal settings have equal texts.
inline std::string describe(const settings& s) {
    std::ostringstream out;
    const auto number = [](const auto& value) { return value ? std::to_string(*value) : std::string("-"); };
    for (const auto& socket : s.control_sockets)
        out << socket.text << ' ';
    out << number(s.unix_socket_mode) << ' ' << s.control_rate << ' ' << s.max_control_connections << ' '
        << s.notify_queue << ' ' << s.notify_keep.count() << ' ' << s.notify_delete_all << ' '
        << s.max_sessions << ' ' << static_cast<int>(s.refuse_calls)
        << '\n';
    out << s.control_allowed.networks.to_string();
    for (const auto user : s.control_allowed.users)
        out << ' ' << user;
    out << '\n';
    for (const auto& a : s.listen)
        out << a.label << '@' << a.address << '=' << a.advertised << ' ';
    out << s.bridging << s.no_resolve << ' ' << s.min_port << '-' << s.max_port << s.sequential_ports << '\n'
        << s.ttl.count() << ' ' << s.setup_ttl.count() << ' ' << s.max_call_duration.count() << ' '
        << to_string(s.learning.standard) << s.learning.exceptions.size() << ' ' << s.leg_packet_rate << ' '
        << s.independent_ttl << s.force_asymmetric << s.bridge_symmetric << ' ' << int{s.tos} << s.double_send
        << ' ' << s.copy_allowed.to_string() << ' ' << s.carrier_media.to_string() << '\n';
    for (const auto& name : s.notify_targets.permitted_names())
        out << name << '=' << destination(s, name) << ' ';
    out << '\n'
        << s.prompt_dir << s.record_dir << s.spool_dir << s.record_rtcp << s.record_details
        << to_string(s.recorded_as) << s.record_all << s.record_buffer_mib;
    for (const auto& [payload_type, codec] : s.dynamic_payloads)
        out << ' ' << int{payload_type} << '=' << traits_of(codec).name;
    out << '\n';
    for (const auto& target : s.call_records)
        out << int(target.format) << target.path << ' ';
    out << s.foreground << s.no_root_check << s.no_chdir << s.no_redirect << s.pid_file << s.run_as.user
        << ':' << s.run_as.group << number(s.run_as.uid) << number(s.run_as.gid) << number(s.open_files)
        << (s.scheduling ? int(*s.scheduling) : -1) << ' ' << s.sandbox << ' ' << number(s.nice) << ' '
        << s.threads << ' ' << s.gather_max.count() << '\n';
    out << int(s.log_level) << ' ' << s.log_facility << ' ' << int(s.log_format) << ' ' << s.log_rate << '\n';
    for (const auto& warning : s.warnings)
        out << warning << '\n';
    return out.str();
}

inline std::string read_file(const fs::path& path) {
    std::ifstream in(path);
    BOOST_REQUIRE_MESSAGE(in, path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace rtpproxy::test
