#include "rtpproxy/accounting/format_record.hpp"
#include "rtpproxy/log/escape.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <limits>

namespace rtpproxy {
namespace {

/// A line that grows column by column.
class csv_line {
  public:
    template <typename... Values>
    csv_line& add(fmt::format_string<Values...> format, Values&&... values) {
        if (!text_.empty()) text_ += ',';
        fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
        return *this;
    }
    /// Text from outside.
    csv_line& add_text(std::string_view raw) { return add("{}", quote_if_needed(raw)); }
    csv_line& add_number(std::uint64_t number) { return add("{}", number); }
    csv_line& add_time(const call_record& of, time_point t) {
        const auto since_1970 = of.wall_time_of(t).time_since_epoch();
        return add("{:.6f}", std::chrono::duration<double>(since_1970).count());
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    static std::string quote_if_needed(std::string_view raw) {
        auto text = log::escape(raw, std::numeric_limits<std::size_t>::max(), log::escape_for::text);
        if (text.find_first_of(",\"") == text.npos) return text;
        boost::replace_all(text, "\"", "\"\"");
        return '"' + text + '"';
    }

    std::string text_;
};

void add_first_and_last(csv_line& line, const call_record& of, const packet_record& rtp) {
    if (rtp.received == 0)
        line.add("{:.6f}", 0.0).add("{:.6f}", 0.0);
    else
        line.add_time(of, rtp.first).add_time(of, rtp.last);
}

/// Packets of both parties, then what became of them.
void add_packets(csv_line& line, const packet_record& caller, const packet_record& callee) {
    line.add_number(caller.received)
        .add_number(callee.received)
        .add_number(caller.relayed + callee.relayed)
        .add_number(caller.dropped + callee.dropped);
}

void add_stream(csv_line& line, const stream_record& stream) {
    const auto& totals = stream.totals;
    line.add_number(totals.sent)
        .add_number(totals.received)
        .add_number(totals.duplicates)
        .add_number(totals.lost())
        .add_number(totals.parse_errors);
    line.add("{}", stream.last_ssrc ? fmt::format("0x{:08X}", *stream.last_ssrc) : std::string{});
    line.add_number(stream.ssrc_count);
    line.add("{}", stream.last_payload_type ? int{*stream.last_payload_type} : -1);
}

void add_jitter(csv_line& line, const jitter_summary& jitter) {
    line.add("{:.6f}", jitter.last).add("{:.6f}", jitter.maximum).add("{:.6f}", jitter.average);
}

void add_address(csv_line& line, const std::optional<endpoint>& remote) {
    if (!remote) {
        line.add("{}", "").add("{}", "");
        return;
    }
    const auto address = remote->address().to_string();
    if (remote->address().is_v6())
        line.add("[{}]", address);
    else
        line.add("{}", address);
    line.add_number(remote->port());
}

}  // namespace

std::string_view csv_header() noexcept {
    return "rec_ver,rtpp_node_id,rtpp_pid,sess_uid,call_id,from_tag,setup_ts,teardown_ts,"
           "first_rtp_ts_ino,last_rtp_ts_ino,first_rtp_ts_ina,last_rtp_ts_ina,"
           "rtp_npkts_ina,rtp_npkts_ino,rtp_nrelayed,rtp_ndropped,"
           "rtcp_npkts_ina,rtcp_npkts_ino,rtcp_nrelayed,rtcp_ndropped,"
           "rtpa_nsent_ino,rtpa_nrcvd_ino,rtpa_ndups_ino,rtpa_nlost_ino,rtpa_perrs_ino,"
           "rtpa_ssrc_last_ino,rtpa_ssrc_cnt_ino,rtpa_pt_last_ino,"
           "rtpa_nsent_ina,rtpa_nrcvd_ina,rtpa_ndups_ina,rtpa_nlost_ina,rtpa_perrs_ina,"
           "rtpa_ssrc_last_ina,rtpa_ssrc_cnt_ina,rtpa_pt_last_ina,"
           "rtpa_jitter_last_ino,rtpa_jitter_max_ino,rtpa_jitter_avg_ino,"
           "rtpa_jitter_last_ina,rtpa_jitter_max_ina,rtpa_jitter_avg_ina,"
           "rtpp_rtp_rmt_ip_o,rtpp_rtp_rmt_pt_o,rtpp_rtp_rmt_ip_a,rtpp_rtp_rmt_pt_a,"
           "rtpp_rtcp_rmt_ip_o,rtpp_rtcp_rmt_pt_o,rtpp_rtcp_rmt_ip_a,rtpp_rtcp_rmt_pt_a,"
           "rtpp_hld_sts_o,rtpp_hld_sts_a,rtpp_hld_cnt_o,rtpp_hld_cnt_a";
}

std::string format_csv(const call_record& record, const record_origin& origin) {
    const auto& callee = record.party(side::callee);
    const auto& caller = record.party(side::caller);
    csv_line line;
    line.add("{}", "1.2").add_text(origin.node).add("{}", origin.pid).add_number(record.id);
    line.add_text(record.call_id).add_text(record.from_tag);
    line.add_time(record, record.created).add_time(record, record.ended);
    add_first_and_last(line, record, callee.rtp);
    add_first_and_last(line, record, caller.rtp);
    add_packets(line, caller.rtp, callee.rtp);
    add_packets(line, caller.rtcp, callee.rtcp);
    add_stream(line, callee.stream);
    add_stream(line, caller.stream);
    add_jitter(line, callee.stream.jitter);
    add_jitter(line, caller.stream.jitter);
    add_address(line, callee.rtp.remote);
    add_address(line, caller.rtp.remote);
    add_address(line, callee.rtcp.remote);
    add_address(line, caller.rtcp.remote);
    line.add("{}", callee.on_hold ? "t" : "f").add("{}", caller.on_hold ? "t" : "f");
    line.add_number(callee.hold_count).add_number(caller.hold_count);
    return line.take();
}

}  // namespace rtpproxy
