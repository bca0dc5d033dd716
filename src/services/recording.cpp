#include "rtpproxy/services/recording.hpp"

#include "recording_files.hpp"

#include <fmt/format.h>

#include <utility>

namespace rtpproxy {
namespace {

std::string leg_suffix(const recording_order& order) {
    if (!order.names_leg) return {};
    return order.party == side::caller ? ".o" : ".a";
}

std::string session_suffix(const recording_order& order, recording_format format) {
    if (format == recording_format::wav) return ".wav";
    return order.exact_name ? "" : ".pcap";
}

}  // namespace

std::string_view to_string(recording_format format) noexcept {
    switch (format) {
        case recording_format::adhoc:
            return "adhoc";
        case recording_format::pcap:
            return "pcap";
        case recording_format::wav:
            return "wav";
    }
    return {};
}

std::vector<std::string> recording_file_names::all() const {
    std::vector<std::string> names{rtp};
    if (!rtcp.empty()) names.push_back(rtcp);
    if (!details.empty()) names.push_back(details);
    return names;
}

recording_file_names file_names_of(const recording_order& order, recording_format format, unsigned number) {
    const auto stem = number == 1 ? order.stem : fmt::format("{}-{}", order.stem, number);
    if (order.files == recording_order::layout::session)
        return {stem + session_suffix(order, format), {}, order.details ? stem + ".json" : std::string{}};
    const auto base = stem + leg_suffix(order);
    return {base + ".rtp", order.rtcp ? base + ".rtcp" : std::string{},
            order.details ? base + ".json" : std::string{}};
}

recording::recording(recording_order ordered)
    : order(std::move(ordered)), number(std::make_shared<unsigned>(0)) {}

recording::~recording() = default;

}  // namespace rtpproxy
