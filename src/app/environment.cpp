#include "rtpproxy/app/option_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace rtpproxy {
namespace {

constexpr std::string_view prefix = "RTPPROXY_";

/// Variables that Kubernetes and Docker links set for a service called rtpproxy:
/// `PORT`, `PORT_<n>_TCP...`, `PORT_<n>_UDP...`, `SERVICE_HOST`, `SERVICE_PORT...`, `NAME`, `ENV_...`.
bool is_set_by_platform(std::string_view name) {
    return name == "PORT" || name == "NAME" || name.starts_with("PORT_") || name.starts_with("SERVICE_") ||
           name.starts_with("ENV_");
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

void add_variable(std::vector<given_option>& given, std::string_view name, std::string_view value,
                  const option_table& table) {
    given_option option{lower(name), std::string(value), fmt::format("environment {}{}", prefix, name)};
    if (!table.is_setting(option.key) && option.key != "config")
        throw configuration_error(fmt::format("{}: there is no such setting", option.source));
    std::vector<std::string> values{option.value};
    if (table.is_repeatable(option.key)) {
        auto split = split_values(value, value_list::blank_separated);
        if (split.has_error()) throw bad_value(option, split.error());
        values = std::move(*split);
    }
    for (auto& item : values) {
        option.value = std::move(item);
        table.check(option);
        given.push_back(option);
    }
}

}  // namespace

std::vector<given_option> read_environment(char** envp, const option_table& table) {
    std::vector<given_option> given;
    for (; envp && *envp; ++envp) {
        std::string_view text = *envp;
        const auto equals = text.find('=');
        if (!text.starts_with(prefix) || equals == text.npos || equals + 1 == text.size()) continue;
        const auto name = text.substr(prefix.size(), equals - prefix.size());
        if (!is_set_by_platform(name)) add_variable(given, name, text.substr(equals + 1), table);
    }
    return given;
}

}  // namespace rtpproxy
