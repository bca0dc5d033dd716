#include "load/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cmath>
#include <ostream>

namespace rtpproxy::bench {
namespace {

namespace json = boost::json;

double microseconds(std::chrono::nanoseconds value) {
    return std::round(static_cast<double>(value.count()) / 10) / 100;
}

double rounded(double value) {
    return std::round(value * 1000) / 1000;
}

json::object quantiles(const histogram& values) {
    return {{"p50_us", microseconds(values.quantile(0.5))},
            {"p99_us", microseconds(values.quantile(0.99))},
            {"p999_us", microseconds(values.quantile(0.999))},
            {"max_us", microseconds(values.max())}};
}

std::string text_of(const json::value& value) {
    if (value.is_double()) return fmt::format("{:.3f}", value.get_double());
    if (value.is_string()) return std::string(value.get_string());
    return json::serialize(value);
}

}  // namespace

json::object describe(const load_options& options) {
    static constexpr const char* modes[] = {"paced", "closed", "search", "cycles", "burst"};
    static constexpr const char* protocols[] = {"rtpproxy", "ng", "none"};
    json::object described{{"mode", modes[static_cast<std::size_t>(options.mode)]},
                           {"protocol", protocols[static_cast<std::size_t>(options.protocol)]},
                           {"seconds", options.time.count()}};
    if (options.mode == run_mode::cycles || options.mode == run_mode::burst) {
        described["outstanding"] = options.outstanding;
        return described;
    }
    described["sessions"] = options.sessions;
    if (options.mode == run_mode::paced) described["rate"] = options.rate;
    if (options.mode == run_mode::closed) described["in_flight"] = options.in_flight;
    described["packet_octets"] = packet_octets;
    return described;
}

json::object describe(const media_result& result) {
    return {{"sent_per_second", rounded(result.sent_per_second())},
            {"delivered_per_second", rounded(result.delivered_per_second())},
            {"sent", result.sent},
            {"received", result.received},
            {"loss_percent", rounded(result.loss() * 100)},
            {"altered", result.altered},
            {"misdelivered", result.misdelivered},
            {"wrong_source", result.wrong_source},
            {"late", result.late},
            {"duplicates", result.duplicates},
            {"correct", result.is_correct()},
            {"delay", quantiles(result.delay)},
            {"generator", json::object{{"is_the_limit", result.limited_by_generator()},
                                       {"planned", result.planned},
                                       {"dropped", result.dropped_here},
                                       {"stalls", result.generator_stalls},
                                       {"lateness", quantiles(result.lateness)}}}};
}

json::object describe(const rate_search_result& result) {
    json::array trials;
    for (const auto& each : result.trials)
        trials.push_back({{"rate", rounded(each.rate)},
                          {"sustained", each.sustained},
                          {"generator_is_the_limit", each.limited_by_generator},
                          {"loss_percent", rounded(each.result.loss() * 100)},
                          {"delay", quantiles(each.result.delay)}});
    const auto* best = result.best();
    return {{"highest_rate", best != nullptr ? rounded(best->rate) : 0.0},
            {"generator_is_the_limit", result.limited_by_generator()},
            {"correct", best != nullptr && best->result.is_correct()},
            {"delay", best != nullptr ? quantiles(best->result.delay) : json::object{}},
            {"trials", std::move(trials)}};
}

json::object describe(const cycles_result& result) {
    return {{"cycles_per_second", rounded(result.cycles_per_second())},
            {"commands", result.commands},
            {"lost", result.lost},
            {"refused", result.refused},
            {"offer", quantiles(result.latency[0])},
            {"answer", quantiles(result.latency[1])},
            {"remove", quantiles(result.latency[2])}};
}

json::object describe(const burst_result& result) {
    return {{"commands", result.commands},
            {"lost", result.lost},
            {"refused", result.refused},
            {"repeated", result.repeated},
            {"executed_twice", result.executed_twice},
            {"seconds", result.seconds},
            {"latency", quantiles(result.latency)}};
}

json::object describe(const control_probe::result& result) {
    return {{"sent", result.sent},
            {"answered", result.answered},
            {"refused", result.refused},
            {"ping", quantiles(result.ping)},
            {"set_up", quantiles(result.set_up)}};
}

json::object describe(const server_cost& cost, std::uint64_t packets) {
    const auto cpu_seconds = std::chrono::duration<double>(cost.used.cpu).count();
    json::object described{{"cpu_seconds", rounded(cpu_seconds)},
                           {"context_switches", cost.used.context_switches},
                           {"resident_kilobytes", cost.used.resident_bytes / 1024}};
    if (packets == 0) return described;
    const auto each = 1 / static_cast<double>(packets);
    described["cpu_seconds_per_million_packets"] = rounded(cpu_seconds * 1e6 * each);
    described["context_switches_per_packet"] =
        rounded(static_cast<double>(cost.used.context_switches) * each);
    if (cost.system_calls)
        described["system_calls_per_packet"] = rounded(static_cast<double>(*cost.system_calls) * each);
    return described;
}

void print_table(std::ostream& out, const json::object& results, int indent) {
    for (const auto& [name, value] : results) {
        const std::string shown(name);
        if (value.is_array()) continue;
        if (value.is_object()) {
            out << fmt::format("{:{}}{}\n", "", indent, shown);
            print_table(out, value.get_object(), indent + 2);
        } else {
            out << fmt::format("{:{}}{:<{}}{:>16}\n", "", indent, shown, 36 - indent, text_of(value));
        }
    }
}

}  // namespace rtpproxy::bench
