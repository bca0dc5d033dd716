#include "recording_details.hpp"

#include "rtpproxy/capture/file_name.hpp"

#include "recording_files.hpp"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <sstream>

namespace rtpproxy {
namespace {

namespace json = boost::json;

/// JSON is UTF-8; what is not is written like the names of files.
json::string text(const std::string& octets) {
    json::error_code error;
    static_cast<void>(json::parse(json::serialize(json::string{octets}), error));
    return error ? json::string{safe_file_name(octets)} : json::string{octets};
}

/// RFC 3339, in UTC.
std::string format_time(wall_time when) {
    const auto second = std::chrono::floor<std::chrono::seconds>(when);
    return fmt::format("{:%FT%T}.{:06}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
                       (when - second).count());
}

std::string format_endpoint(const endpoint& e) {
    std::ostringstream out;
    out << e;
    return out.str();
}

json::array codecs_of(const recorded_counts& counts) {
    json::array codecs;
    for (std::size_t type = 0; type < counts.payload_types.size(); ++type) {
        if (!counts.payload_types[type]) continue;
        const auto name = name_of_payload_type(type);
        codecs.emplace_back(name.empty() ? fmt::format("payload type {}", type) : std::string{name});
    }
    return codecs;
}

/// What is silence in the sound though the party said something.
json::array undecoded_of(const recorded_counts& counts) {
    json::array undecoded;
    for (const auto& [type, packets] : counts.undecoded) {
        const auto name = name_of_payload_type(type);
        json::object each;
        each["payload_type"] = type;
        each["codec"] = name.empty() ? json::value() : json::value(name);
        each["packets"] = packets;
        undecoded.push_back(std::move(each));
    }
    return undecoded;
}

json::object describe_party(const recording& of, recording_format format, side which) {
    const auto& party = of.end.parties[index(which)];
    const auto& counts = of.files->counts()[index(which)];
    json::object described;
    described["tag"] = text(party.tag);
    described["address"] = party.address ? json::value(format_endpoint(*party.address)) : json::value();
    described["signalled_payload_types"] = text(party.codecs);
    described["codecs"] = codecs_of(counts);
    described["rtp_packets"] = counts.rtp;
    described["rtcp_packets"] = counts.rtcp;
    if (format == recording_format::wav) described["not_decoded"] = undecoded_of(counts);
    return described;
}

}  // namespace

std::string_view name_of_payload_type(std::size_t type) noexcept {
    switch (type) {  // RFC 3551 §6
        case 0:
            return "PCMU";
        case 3:
            return "GSM";
        case 4:
            return "G723";
        case 8:
            return "PCMA";
        case 9:
            return "G722";
        case 13:
            return "CN";
        case 18:
            return "G729";
        default:
            return {};
    }
}

std::string describe_recording(const recording& of, recording_format format, const recording_times& times,
                               std::uint64_t lost) {
    json::array files{of.names.rtp};
    if (!of.names.rtcp.empty()) files.emplace_back(of.names.rtcp);
    const std::chrono::duration<double> length = times.ended - times.begun;
    json::object described;
    described["call_id"] = text(of.order.call_id);
    described["format"] = to_string(format);
    described["files"] = std::move(files);
    described["started"] = format_time(times.begun);
    described["ended"] = format_time(times.ended);
    described["seconds"] = length.count();
    described["reason"] = of.end.session ? to_string(*of.end.session) : "stopped";
    described["caller"] = describe_party(of, format, side::caller);
    described["callee"] = describe_party(of, format, side::callee);
    described["packets_lost"] = lost;
    return json::serialize(described) + '\n';
}

}  // namespace rtpproxy
