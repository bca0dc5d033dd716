#include "rtpproxy/app/configuration.hpp"

#include "rtpproxy/app/effective_options.hpp"
#include "rtpproxy/app/option_sources.hpp"
#include "rtpproxy/app/sandbox.hpp"
#include "rtpproxy/app/version.hpp"
#include "rtpproxy/log/uptime.hpp"
#include "rtpproxy/protocol/capabilities.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <ostream>

namespace rtpproxy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view help_footer =
    "\nLong names may be written with underscores. Options without a value take on or off: "
    "--foreground=off.\n"
    "Every setting can also be given in the environment, as RTPPROXY_MIN_PORT and so on (repeatable ones "
    "separated by\n"
    "blanks), or in the configuration file. The command line wins over the environment, the environment over "
    "the file.\n";

void print_capabilities(std::ostream& out) {
    fmt::print(out, "Basic version: {}\n", base_version);
    for (const capability& extension : capabilities())
        if (extension.supported) fmt::print(out, "Extension {}: {}\n", extension.date, extension.description);
}

void act(immediate_action action, const option_table& table, std::ostream& out) {
    switch (action) {
        case immediate_action::version:
            fmt::print(out, "{}\n", program_version);
            break;
        case immediate_action::capabilities:
            print_capabilities(out);
            break;
        case immediate_action::clock:
            fmt::print(out, "{}\n", log::uptime_clock_name);
            break;
        case immediate_action::help:
            out << "Usage: rtpproxy [OPTION]...\n" << table.command_line() << help_footer;
            break;
        case immediate_action::none:
            break;
    }
}

/// The file the options name, else the default one if it exists, else none.
fs::path choose_file(const effective_options& options, const fs::path& default_file) {
    if (const auto* named = options.find("config")) return named->value;
    std::error_code ignored;
    return fs::exists(default_file, ignored) ? default_file : fs::path();
}

void report_check(const option_table& table, const effective_options& options, const settings& s,
                  const fs::path& file, std::ostream& out, std::ostream& err) {
    fmt::print(out, "# rtpproxy {}, configuration file: {}\n", program_version,
               file.empty() ? "none" : file.string());
    print_settings(out, table, options, s);
    for (const std::string& warning : s.warnings)
        fmt::print(err, "rtpproxy: warning: {}\n", warning);
    if (!s.sandbox) return;
    if (const auto lacks = find_sandbox_support().complaint(); !lacks.empty())
        fmt::print(err, "rtpproxy: warning: {}\n", lacks);
}

configuration_result load(int argc, char** argv, char** envp, std::ostream& out, std::ostream& err,
                          const fs::path& default_file) {
    option_table table;
    const command_line arguments = read_command_line(argc, argv, table);
    if (arguments.action != immediate_action::none) {
        act(arguments.action, table, out);
        return exit_code{0};
    }
    const auto environment = read_environment(envp, table);
    const auto file = choose_file(effective_options({arguments.given, environment}, table), default_file);
    std::vector<given_option> from_file;
    if (!file.empty()) from_file = read_configuration_file(file, table);

    const effective_options options({arguments.given, environment, from_file}, table);
    const option_values& values = table.apply(options.all());
    settings result = combine(values, options);
    if (!values.check_config) return result;
    report_check(table, options, result, file, out, err);
    return exit_code{0};
}

}  // namespace

configuration_result load_configuration(int argc, char** argv, char** envp, std::ostream& out,
                                        std::ostream& err, const fs::path& default_file) {
    try {
        return load(argc, argv, envp, out, err, default_file);
    } catch (const configuration_error& error) {
        fmt::print(err, "rtpproxy: {}\n", error.what());
        if (error.show_usage) err << "usage: rtpproxy [OPTION]...   (rtpproxy --help lists the options)\n";
        return exit_code{1};
    }
}

}  // namespace rtpproxy
