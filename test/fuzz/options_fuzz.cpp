// The way from options to settings. Each line of the input is an argument of the command line, after `$` a
// variable of the environment, after `=` a line of the configuration file. Settings that come out are
// printed, and what was printed leads to the same settings.

#include "rtpproxy/app/effective_options.hpp"
#include "rtpproxy/app/option_sources.hpp"

#include "fuzz.hpp"

#include <sstream>
#include <string>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

/// What the input says, from each of the three sources.
struct sources {
    std::vector<std::string> arguments{"rtpproxy"};
    std::vector<std::string> environment;
    std::string file;
};

sources read_sources(std::string_view text) {
    sources result;
    while (!text.empty()) {
        const auto line = fuzz::take_until(text, '\n');
        if (line.starts_with('$'))
            result.environment.emplace_back("RTPPROXY_" + std::string(line.substr(1)));
        else if (line.starts_with('='))
            result.file.append(line.substr(1)).push_back('\n');
        else
            result.arguments.emplace_back(line);
    }
    return result;
}

/// As `main()` gets them. A NUL ends a text early.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// `-u` and names of hosts ask the system; the rest does not.
const given_option no_resolve{"no_resolve", "on", "command line"};

const option_table& only_for_reading() {
    static const option_table table;
    return table;
}

std::string print(const std::vector<given_option>& given) {
    option_table table;
    const effective_options options({given}, table);
    const settings result = combine(table.apply(options.all()), options);
    require(!result.control_sockets.empty() && !result.listen.empty(), "no sockets");
    require(result.min_port % 2 == 0 && result.max_port % 2 == 0 && result.min_port <= result.max_port,
            "port range");
    std::ostringstream out;
    print_settings(out, table, options, result);
    return out.str();
}

/// Leaves out where each value comes from.
std::string without_sources(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto line = fuzz::take_until(text, '\n');
        result.append(line.substr(0, line.rfind("  # "))).push_back('\n');
    }
    return result;
}

void check_settings(sources& from) {
    const option_table& table = only_for_reading();
    auto arguments = pointers(from.arguments);
    auto environment = pointers(from.environment);
    const auto line = read_command_line(static_cast<int>(from.arguments.size()), arguments.data(), table);
    if (line.action != immediate_action::none) return;
    std::istringstream file(from.file);
    auto given = effective_options({line.given, read_environment(environment.data(), table),
                                    read_configuration(file, "file", table)},
                                   table)
                     .all();
    std::erase_if(given, [](const given_option& option) {
        return option.key == "user" || option.key == "config" || option.key == "check_config" ||
               option.key == "no_resolve";
    });
    given.push_back(no_resolve);

    const auto printed = print(given);
    std::istringstream in(printed);
    const auto again = print(read_configuration(in, "again", table));
    require(without_sources(again) == without_sources(printed), "printed and read it is another", printed);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::to_text(data, size);
    if (text.find("user") != std::string_view::npos || text.find("-u") != std::string_view::npos) return 0;
    auto from = read_sources(text);
    try {
        check_settings(from);
    } catch (const configuration_error& error) {
        const std::string_view message = error.what();
        require(!message.empty() && message.size() < 2000, "a message out of bounds", message);
        require(message.find('\n') == std::string_view::npos, "a message of several lines", message);
    }
    return 0;
}
