#include "rtpproxy/accounting/format_record.hpp"
#include "rtpproxy/accounting/voice_quality.hpp"
#include "rtpproxy/log/escape.hpp"
#include "rtpproxy/log/format.hpp"
#include "rtpproxy/rtp/jitter_estimator.hpp"
#include "rtpproxy/session/session_match.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace rtpproxy {
namespace {

namespace json = boost::json;

constexpr int layout_version = 1;

/// To a thousandth: more digits say nothing.
double rounded(double value) {
    return std::round(value * 1000) / 1000;
}

json::value milliseconds(std::optional<fractional_milliseconds> time) {
    if (!time) return nullptr;
    return rounded(time->count());
}

/// Text from outside. The encoder escapes control characters itself.
json::string text(std::string_view raw) {
    return json::string(log::escape(raw, std::numeric_limits<std::size_t>::max(), log::escape_for::json));
}

json::value text_or_null(std::string_view raw) {
    if (raw.empty()) return nullptr;
    return text(raw);
}

json::value address(const std::optional<endpoint>& remote) {
    if (!remote) return nullptr;
    const bool brackets = remote->address().is_v6();
    return json::string(fmt::format("{}{}{}:{}", brackets ? "[" : "", remote->address().to_string(),
                                    brackets ? "]" : "", remote->port()));
}

json::string time(const call_record& of, time_point t) {
    return json::string(log::format_timestamp(of.wall_time_of(t)));
}

json::object drops(const call_record& record) {
    json::object counted;
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
        if (record.drops[reason] != 0)
            counted[to_string(static_cast<drop_reason>(reason))] = record.drops[reason];
    return counted;
}

json::value notice(const call_record& record) {
    if (!record.notify_tag) return nullptr;
    return {{"tag", text(*record.notify_tag)}, {"sent", record.notice_sent}};
}

json::object packets(const call_record& of, const packet_record& counted) {
    json::object o;
    o["remote"] = address(counted.remote);
    o["packets_received"] = counted.received;
    o["packets_relayed"] = counted.relayed;
    o["packets_dropped"] = counted.dropped;
    o["packets_refused"] = counted.refused;
    const bool any = counted.received != 0;
    o["first_packet"] = any ? json::value(time(of, counted.first)) : nullptr;
    o["last_packet"] = any ? json::value(time(of, counted.last)) : nullptr;
    o["longest_gap_ms"] = any ? milliseconds(counted.longest_gap) : nullptr;
    return o;
}

json::object jitter(const stream_record& stream) {
    const auto in_time = [&](double units) {
        return milliseconds(jitter_time(units, stream.timed_payload_type));
    };
    return {{"jitter_last_ms", in_time(stream.jitter.last)},
            {"jitter_max_ms", in_time(stream.jitter.maximum)},
            {"jitter_mean_ms", in_time(stream.jitter.average)}};
}

json::value ratio(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return nullptr;
    return std::round(static_cast<double>(part) / static_cast<double>(whole) * 1e6) / 1e6;
}

/// What the media was, by the payload type of the voice or, without any, the last one.
void add_codec(json::object& o, const stream_record& stream) {
    const auto type = stream.timed_payload_type ? stream.timed_payload_type : stream.last_payload_type;
    const auto name = type ? codec_name(*type) : std::string_view{};
    const auto clock_rate = type ? static_clock_rate(*type) : 0;
    o["payload_type"] = type ? json::value(*type) : nullptr;
    o["codec"] = name.empty() ? nullptr : json::value(name);
    o["clock_rate_hz"] = clock_rate == 0 ? nullptr : json::value(clock_rate);
}

/// What the party sent, by its sequence numbers and timestamps.
json::object stream(const stream_record& followed) {
    const auto& totals = followed.totals;
    json::object o;
    o["packets_sent"] = totals.sent;
    o["packets_arrived"] = totals.received;
    o["packets_lost"] = totals.lost();
    o["packets_duplicated"] = totals.duplicates;
    o["packets_not_rtp"] = totals.parse_errors;
    o["loss_ratio"] = ratio(totals.lost(), totals.sent);
    o["last_ssrc"] = followed.last_ssrc ? json::value(fmt::format("0x{:08X}", *followed.last_ssrc)) : nullptr;
    o["ssrc_count"] = followed.ssrc_count;
    add_codec(o, followed);
    for (const auto& [name, value] : jitter(followed))
        o[name] = value;
    return o;
}

/// The E-model's verdict, and what it was told.
json::value quality(const stream_record& followed) {
    const auto judged = voice_quality_of(followed);
    if (!judged) return nullptr;
    const auto& inputs = judged->inputs;
    json::object o;
    o["mos"] = rounded(judged->mos);
    o["r"] = rounded(judged->rating);
    o["codec_impairment_ie"] = inputs.equipment_impairment;
    o["packet_loss_robustness_bpl"] = inputs.packet_loss_robustness;
    o["packet_loss_percent"] = rounded(inputs.packet_loss_percent);
    o["one_way_delay_ms"] = rounded(inputs.one_way_delay_ms);
    o["jitter_buffer_ms"] = milliseconds(judged->jitter_buffer);
    return o;
}

json::object party(const call_record& of, const party_record& record) {
    json::object o;
    o["local_address"] =
        record.local_address.is_unspecified() ? nullptr : json::value(record.local_address.to_string());
    o["local_port"] = record.local_port == 0 ? nullptr : json::value(record.local_port);
    o["on_hold"] = record.on_hold;
    o["hold_count"] = record.hold_count;
    o["rtp"] = packets(of, record.rtp);
    o["rtcp"] = packets(of, record.rtcp);
    o["stream"] = stream(record.stream);
    o["quality"] = quality(record.stream);
    return o;
}

json::object session_members(const call_record& record, const record_origin& origin) {
    json::object o;
    o["version"] = layout_version;
    o["node"] = text(origin.node);
    o["pid"] = origin.pid;
    o["record"] = record.id;
    o["call_id"] = text(record.call_id);
    o["from_tag"] = text(record.from_tag);
    o["to_tag"] = text_or_null(record.to_tag);
    o["media"] = text_or_null(media_number(record.from_tag));
    o["reason"] = to_string(record.reason);
    o["complete"] = record.complete;
    o["created"] = time(record, record.created);
    o["ended"] = time(record, record.ended);
    o["duration_s"] = rounded(std::chrono::duration<double>(record.ended - record.created).count());
    return o;
}

}  // namespace

std::string format_json(const call_record& record, const record_origin& origin) {
    json::object o = session_members(record, origin);
    o["notice"] = notice(record);
    o["drops"] = drops(record);
    o["caller"] = party(record, record.party(side::caller));
    o["callee"] = party(record, record.party(side::callee));
    return json::serialize(o);
}

}  // namespace rtpproxy
