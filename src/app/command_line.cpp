#include "rtpproxy/app/option_sources.hpp"

#include <boost/program_options/cmdline.hpp>
#include <fmt/format.h>

#include <getopt.h>

#include <algorithm>
#include <deque>

namespace rtpproxy {
namespace {

namespace po = boost::program_options;

constexpr int first_code_beyond_letters = 256;

/// getopt_long()'s view of the option table: what it is given, and how its answers lead back to keys.
class getopt_tables {
  public:
    explicit getopt_tables(const po::options_description& description) {
        for (const auto& option : description.options())
            add(*option);
        long_options_.push_back({});
    }

    const char* short_options() const { return short_options_.c_str(); }
    const option* long_options() const { return long_options_.data(); }

    /// The key of the option that getopt_long() answered with `code`, or empty.
    std::string key(int code) const {
        const auto found = std::ranges::find(codes_, code, &std::pair<int, std::string>::first);
        return found == codes_.end() ? std::string() : found->second;
    }

  private:
    void add(const po::option_description& description) {
        const bool needs_value = description.semantic()->min_tokens() > 0;
        const std::string short_name =
            description.canonical_display_name(po::command_line_style::allow_dash_for_short);
        const bool has_short = short_name.size() == 2;
        const int code = has_short ? static_cast<unsigned char>(short_name[1]) : next_code_++;
        codes_.emplace_back(code, key_of(description.long_name()));
        if (has_short) short_options_ += short_name[1];
        if (has_short && needs_value) short_options_ += ':';
        add_long(description.long_name(), needs_value, code);
        if (codes_.back().second != description.long_name())
            add_long(codes_.back().second, needs_value, code);
    }

    void add_long(const std::string& name, bool needs_value, int code) {
        names_.push_back(name);
        long_options_.push_back(
            {names_.back().c_str(), needs_value ? required_argument : optional_argument, nullptr, code});
    }

    int next_code_ = first_code_beyond_letters;
    std::string short_options_ = ":";
    std::deque<std::string> names_;  // keeps its elements in place
    std::vector<option> long_options_;
    std::vector<std::pair<int, std::string>> codes_;
};

configuration_error not_understood(const std::string& text) {
    configuration_error error("command line: " + text);
    error.show_usage = true;
    return error;
}

/// The option that getopt_long() just answered with `code`, `?` (unknown) or `:` (lacks its value), as it was
/// written.
std::string refused_option(const std::vector<char*>& arguments, int code) {
    const auto previous = static_cast<std::size_t>(std::max(optind - 1, 0));
    const std::string_view text =
        previous < arguments.size() && arguments[previous] ? arguments[previous] : "";
    const bool is_letter = optopt > 0 && optopt < first_code_beyond_letters;
    const bool is_long = !is_letter || (code == ':' && text.starts_with("--"));
    return is_long ? std::string(text) : fmt::format("-{}", static_cast<char>(optopt));
}

immediate_action action_of(const std::string& key) {
    if (key == "version") return immediate_action::version;
    if (key == "capabilities") return immediate_action::capabilities;
    if (key == "clock") return immediate_action::clock;
    if (key == "help") return immediate_action::help;
    return immediate_action::none;
}

}  // namespace

command_line read_command_line(int argc, char** argv, const option_table& table) {
    const getopt_tables tables(table.command_line());
    std::vector<char*> arguments(argv, argv + argc);  // a copy, as getopt_long() reorders it
    arguments.push_back(nullptr);
    optind = 0;  // starts a new scan, with GNU and musl
    opterr = 0;
    command_line result;
    while (true) {
        const int code =
            getopt_long(argc, arguments.data(), tables.short_options(), tables.long_options(), nullptr);
        if (code == -1) break;
        if (code == ':')
            throw not_understood(fmt::format("option {} needs a value", refused_option(arguments, code)));
        const std::string key = tables.key(code);
        if (key.empty())
            throw not_understood(fmt::format("unknown option {:?}", refused_option(arguments, code)));
        result.action = action_of(key);
        if (result.action != immediate_action::none) return result;
        result.given.push_back({key, optarg ? optarg : "on", "command line"});
        table.check(result.given.back());
    }
    if (optind < argc)
        throw not_understood(
            fmt::format("{:?} is not an option", arguments[static_cast<std::size_t>(optind)]));
    return result;
}

}  // namespace rtpproxy
