#include "rtpproxy/app/effective_options.hpp"

#include "rtpproxy/app/option_sources.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <ostream>
#include <ranges>
#include <set>

namespace rtpproxy {
namespace {

bool is_listen(const given_option& option) {
    return option.key == "listen" || option.key == "listen6";
}

/// Whether a later occurrence in the same layer replaces the one at `index`.
bool is_replaced(const std::vector<given_option>& layer, std::size_t index, const option_table& table) {
    if (table.is_repeatable(layer[index].key)) return false;
    const auto later = layer | std::views::drop(index + 1);
    return std::ranges::any_of(later, [&](const auto& o) { return o.key == layer[index].key; });
}

/// The value of an option that was not given and whose default depends on others; empty when it has none.
std::string derived_default(std::string_view key, const settings& s) {
    if (key == "listen") return s.listen.size() == 1 && s.listen[0].address.is_v4() ? "*" : "";
    if (key == "max_port") return std::to_string(default_max_port(s.min_port));
    if (key == "ttl") return std::to_string(s.ttl.count());
    if (key == "setup_ttl") return std::to_string(s.setup_ttl.count());
    if (key == "pid_file") return s.pid_file.empty() ? "/dev/null" : s.pid_file.string();
    if (key == "log_level") return std::string(log::level_name(s.log_level)) + ":daemon";
    if (key == "socket_mode" && s.unix_socket_mode) return fmt::format("{:04o}", *s.unix_socket_mode);
    return {};
}

void print_default(std::ostream& out, const std::string& key, std::string text) {
    if (text.empty())
        fmt::print(out, "#{} =  # not set\n", key);
    else
        fmt::print(out, "{} = {}  # default\n", key, quote_value(text));
}

void print_given(std::ostream& out, const given_option& option) {
    fmt::print(out, "{} = {}  # {}\n", option.key, quote_value(option.value), option.source);
}

}  // namespace

effective_options::effective_options(std::vector<std::vector<given_option>> layers,
                                     const option_table& table) {
    std::set<std::string> decided;
    for (const auto& layer : layers) {
        std::set<std::string> here;
        for (std::size_t i = 0; i < layer.size(); ++i) {
            if (decided.contains(layer[i].key) || is_replaced(layer, i, table)) continue;
            all_.push_back(layer[i]);
            here.insert(layer[i].key);
        }
        decided.merge(here);
    }
}

const given_option* effective_options::find(std::string_view key) const {
    const auto newest_first = all_ | std::views::reverse;
    const auto found = std::ranges::find(newest_first, key, &given_option::key);
    return found == newest_first.end() ? nullptr : &*found;
}

std::string effective_options::source_of(std::string_view key) const {
    const auto* option = find(key);
    return option ? option->source : "default";
}

std::vector<given_option> effective_options::listen_options() const {
    std::vector<given_option> result;
    std::ranges::copy_if(all_, std::back_inserter(result), is_listen);
    return result;
}

void print_settings(std::ostream& out, const option_table& table, const effective_options& options,
                    const settings& s) {
    const auto listen = options.listen_options();
    for (const std::string& key : table.keys()) {
        if (key == "listen") std::ranges::for_each(listen, [&](const auto& o) { print_given(out, o); });
        if (key == "listen6" || key == "dso" || (key == "listen" && !listen.empty())) continue;
        const auto is_key = [&](const auto& option) { return option.key == key; };
        for (const auto& option : options.all() | std::views::filter(is_key))
            print_given(out, option);
        if (options.find(key)) continue;
        const std::string text = table.default_text(key);
        print_default(out, key, text.empty() ? derived_default(key, s) : text);
    }
}

}  // namespace rtpproxy
