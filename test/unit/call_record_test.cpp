#define BOOST_TEST_MODULE call_record
#include "rtpproxy/accounting/call_record.hpp"

#include "rtpproxy/accounting/format_record.hpp"

#include "support/command_script.hpp"
#include "support/rtp_packets.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

const record_origin origin{.node = "relay-1", .pid = 4711};
const time_point start{std::chrono::hours{10}};

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> fields;
    return boost::split(fields, line, boost::is_any_of(","));
}

packet_record packets(std::uint64_t received, std::uint64_t relayed, std::uint64_t dropped) {
    packet_record counted;
    counted.received = received;
    counted.relayed = relayed;
    counted.dropped = dropped;
    return counted;
}

/// A call of 90 s that began on 2026-03-01 at noon; nothing of the callee's but RTCP.
call_record example() {
    call_record record;
    record.id = 7;
    record.call_id = "call-1@192.0.2.1";
    record.from_tag = "from;1";
    record.to_tag = "to;1";
    record.reason = end_reason::deleted;
    record.created = start;
    record.ended = start + 90s;
    record.taken = {.monotonic = start + 90s,
                    .wall = wall_time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 12h + 90s}};
    record.complete = true;
    record.drops[static_cast<std::size_t>(drop_reason::no_destination)] = 3;

    auto& caller = record.parties[index(side::caller)];
    caller.rtp = packets(100, 97, 3);
    caller.rtp.first = start + 1500ms;
    caller.rtp.last = start + 60s;
    caller.rtp.longest_gap = 40ms;
    caller.rtp.remote = make_endpoint("198.51.100.7", 4000);
    caller.rtcp.remote = make_endpoint("198.51.100.7", 4001);
    caller.stream.totals = {.sent = 104, .received = 99, .duplicates = 1, .parse_errors = 0};
    caller.stream.jitter = {.last = 8, .maximum = 16.5, .average = 12.25};
    caller.stream.last_ssrc = 0xabc;
    caller.stream.ssrc_count = 2;
    caller.stream.last_payload_type = 101;
    caller.stream.timed_payload_type = 8;
    caller.local_address = boost::asio::ip::make_address("192.0.2.9");
    caller.local_port = 10002;
    caller.on_hold = true;
    caller.hold_count = 2;

    auto& callee = record.parties[index(side::callee)];
    callee.rtcp = packets(5, 4, 1);
    callee.rtp.remote = make_endpoint("2001:db8::7", 5000);
    callee.local_port = 10000;
    return record;
}

std::string csv_field(const call_record& record, std::string_view column) {
    const auto names = split(std::string(csv_header()));
    const auto fields = split(format_csv(record, origin));
    BOOST_REQUIRE(names.size() == fields.size());
    return fields.at(static_cast<std::size_t>(std::ranges::find(names, column) - names.begin()));
}

boost::json::object json_of(const call_record& record) {
    return boost::json::parse(format_json(record, origin)).as_object();
}

/// Runs commands and keeps the records of what ends.
struct recorded_script {
    recorded_script() : recorded_script(std::make_shared<std::vector<call_record>>()) {}

    std::shared_ptr<std::vector<call_record>> records;
    command_script script;

  private:
    explicit recorded_script(std::shared_ptr<std::vector<call_record>> kept)
        : records(kept), script(local_addresses({make_local("192.0.2.9")}), recording_to(kept)) {}

    static session_settings recording_to(std::shared_ptr<std::vector<call_record>> kept) {
        session_settings settings;
        settings.on_record = [kept](std::unique_ptr<call_record> made) { kept->push_back(std::move(*made)); };
        return settings;
    }
};

const auto callers_phone = make_endpoint("10.1.2.3", 4000);
const auto callees_phone = make_endpoint("10.9.8.7", 5000);

}  // namespace

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(has_the_54_columns_of_the_classic_program) {
    const auto names = split(std::string(csv_header()));
    BOOST_TEST(names.size() == 54);
    BOOST_TEST(std::set<std::string>(names.begin(), names.end()).size() == 54);
    BOOST_TEST(names[0] == "rec_ver");
    BOOST_TEST(names[20] == "rtpa_nsent_ino");
    BOOST_TEST(names[36] == "rtpa_jitter_last_ino");
    BOOST_TEST(names[53] == "rtpp_hld_cnt_a");
}

// The callee is `ino` and `o`, the caller `ina` and `a`.
BOOST_AUTO_TEST_CASE(a_record_becomes_this_line) {
    BOOST_TEST(format_csv(example(), origin) ==
               "1.2,relay-1,4711,7,call-1@192.0.2.1,from;1,1772366400.000000,1772366490.000000,"
               "0.000000,0.000000,1772366401.500000,1772366460.000000,"
               "100,0,97,3,"
               "0,5,4,1,"
               "0,0,0,0,0,,0,-1,"
               "104,99,1,5,0,0x00000ABC,2,101,"
               "0.000000,0.000000,0.000000,"
               "8.000000,16.500000,12.250000,"
               "[2001:db8::7],5000,198.51.100.7,4000,"
               ",,198.51.100.7,4001,"
               "f,t,0,2");
}

BOOST_AUTO_TEST_CASE(text_from_outside_cannot_make_columns_or_lines) {
    auto record = example();
    record.call_id = "a,b\"c\n1.2,forged\r\x01";
    record.from_tag = "\xff\x1b[2J";
    const auto line = format_csv(record, origin);
    BOOST_TEST(line.find('\n') == line.npos);
    BOOST_TEST(line.find('\r') == line.npos);
    BOOST_TEST(line.starts_with(R"(1.2,relay-1,4711,7,"a,b""c\n1.2,forged\r\x01",\xFF\x1B[2J,1772366400)"));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(a_record_becomes_an_object_with_units) {
    const auto o = json_of(example());
    BOOST_TEST(o.at("version") == 1);
    BOOST_TEST(o.at("node") == "relay-1");
    BOOST_TEST(o.at("record") == 7);
    BOOST_TEST(o.at("call_id") == "call-1@192.0.2.1");
    BOOST_TEST(o.at("to_tag") == "to;1");
    BOOST_TEST(o.at("media") == "1");
    BOOST_TEST(o.at("reason") == "deleted");
    BOOST_TEST(o.at("created") == "2026-03-01T12:00:00.000Z");
    BOOST_TEST(o.at("ended") == "2026-03-01T12:01:30.000Z");
    BOOST_TEST(o.at("duration_s").as_double() == 90);
    BOOST_TEST(o.at("notice").is_null());
    BOOST_TEST(o.at("drops") == boost::json::parse(R"({"no destination": 3})"));

    const auto& caller = o.at("caller").as_object();
    BOOST_TEST(caller.at("local_address") == "192.0.2.9");
    BOOST_TEST(caller.at("local_port") == 10002);
    BOOST_TEST(caller.at("on_hold") == true);
    BOOST_TEST(caller.at("hold_count") == 2);
    BOOST_TEST(caller.at("rtp") == boost::json::parse(R"({
        "remote": "198.51.100.7:4000", "packets_received": 100, "packets_relayed": 97, "packets_dropped": 3,
        "packets_refused": 0, "first_packet": "2026-03-01T12:00:01.500Z",
        "last_packet": "2026-03-01T12:01:00.000Z", "longest_gap_ms": 40.0})"));
    BOOST_TEST(caller.at("stream") == boost::json::parse(R"({
        "packets_sent": 104, "packets_arrived": 99, "packets_lost": 5, "packets_duplicated": 1,
        "packets_not_rtp": 0, "loss_ratio": 0.048077, "last_ssrc": "0x00000ABC", "ssrc_count": 2,
        "payload_type": 8, "codec": "PCMA", "clock_rate_hz": 8000,
        "jitter_last_ms": 1.0, "jitter_max_ms": 2.063, "jitter_mean_ms": 1.531})"));
    const auto& quality = caller.at("quality").as_object();
    BOOST_TEST(quality.at("packet_loss_robustness_bpl").as_double() == 25.1);
    BOOST_TEST(quality.at("packet_loss_percent").as_double() == 4.808);
    BOOST_TEST(quality.at("one_way_delay_ms").as_double() == 90);
    BOOST_TEST(quality.at("jitter_buffer_ms").as_double() == 40);
    BOOST_TEST(quality.at("mos").as_double() > 3.8);
    BOOST_TEST(quality.at("mos").as_double() < 4);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_null) {
    const auto o = json_of(example());
    const auto& callee = o.at("callee").as_object();
    BOOST_TEST(callee.at("local_address").is_null());
    BOOST_TEST(callee.at("rtp").at("remote") == "[2001:db8::7]:5000");
    BOOST_TEST(callee.at("rtcp").at("remote").is_null());
    BOOST_TEST(callee.at("rtp").at("first_packet").is_null());
    BOOST_TEST(callee.at("rtp").at("longest_gap_ms").is_null());
    for (const auto* name : {"loss_ratio", "last_ssrc", "payload_type", "codec", "clock_rate_hz",
                             "jitter_last_ms", "jitter_max_ms", "jitter_mean_ms"})
        BOOST_TEST(callee.at("stream").at(name).is_null(), name);
    BOOST_TEST(callee.at("quality").is_null());
}

BOOST_AUTO_TEST_CASE(dynamic_payload_types_have_a_number_but_no_clock) {
    auto record = example();
    auto& stream = record.parties[index(side::caller)].stream;
    stream.timed_payload_type.reset();
    stream.last_payload_type = 96;
    const auto o = json_of(record);
    const auto& shown = o.at("caller").at("stream").as_object();
    BOOST_TEST(shown.at("payload_type") == 96);
    BOOST_TEST(shown.at("clock_rate_hz").is_null());
    BOOST_TEST(shown.at("jitter_mean_ms").is_null());
    BOOST_TEST(o.at("caller").at("quality").is_null());
}

BOOST_AUTO_TEST_CASE(text_from_outside_stays_inside_its_member) {
    auto record = example();
    record.call_id = "x\",\"reason\":\"forged\n\xff";
    record.notify_tag = "\n{}\x01";
    const auto line = format_json(record, origin);
    BOOST_TEST(line.find('\n') == line.npos);
    const auto o = boost::json::parse(line).as_object();
    BOOST_TEST(o.at("call_id") == "x\",\"reason\":\"forged\n\\xFF");
    BOOST_TEST(o.at("reason") == "deleted");
    BOOST_TEST(o.at("notice").at("tag") == "\n{}\x01");
    BOOST_TEST(o.at("notice").at("sent") == false);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(sessions)

BOOST_AUTO_TEST_CASE(every_way_to_end_leaves_one_record) {
    recorded_script s;
    s.script("U deleted 10.1.2.3 4000 f");
    s.script("D deleted f");
    s.script("U silent 10.1.2.3 4000 f unix:/x the%20tag");
    s.script.pass(62s);
    s.script("U all 10.1.2.3 4000 f");
    s.script("X");
    s.script("U closing 10.1.2.3 4000 f");
    s.script.manager.end_all(end_reason::shut_down, s.script.now());
    while (s.script.manager.run_some(1, s.script.now())) {
    }
    const std::pair<std::string, end_reason> expected[] = {{"deleted", end_reason::deleted},
                                                           {"silent", end_reason::never_answered},
                                                           {"all", end_reason::deleted},
                                                           {"closing", end_reason::shut_down}};
    BOOST_REQUIRE(s.records->size() == std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        BOOST_TEST(s.records->at(i).call_id == expected[i].first);
        BOOST_TEST((s.records->at(i).reason == expected[i].second));
        BOOST_TEST(!s.records->at(i).complete);
    }
    BOOST_TEST(s.records->at(1).notify_tag.value() == "the tag");
    BOOST_TEST((s.records->at(1).ended - s.records->at(1).created >= 60s));
    BOOST_TEST(json_of(s.records->at(1)).at("notice").at("sent") == true);
}

BOOST_AUTO_TEST_CASE(both_parties_are_counted_apart) {
    recorded_script s;
    BOOST_TEST(s.script("U call 10.1.2.3 4000 f;1") == "30000 192.0.2.9");
    BOOST_TEST(s.script("L call 10.9.8.7 5000 f;1 t;1") == "30002 192.0.2.9");
    for (const auto number : std::array<std::uint16_t, 4>{1, 2, 2, 5}) {
        s.script.packet(callers_phone, 30002, make_rtp({.ssrc = 0xa, .sequence_number = number}));
        s.script.pass(20ms);
    }
    s.script.packet(callees_phone, 30000, make_rtp({.ssrc = 0xb, .payload_type = 18}));
    s.script.packet(make_endpoint("10.9.8.7", 5001), 30001, std::vector<std::byte>(8, std::byte{0x80}));
    s.script.packet(make_endpoint("172.16.0.1", 9), 30002, make_rtp({}));
    s.script("D call f;1");

    BOOST_REQUIRE(s.records->size() == 1);
    const auto& record = s.records->front();
    BOOST_TEST(record.to_tag == "t;1");
    BOOST_TEST(record.complete);
    const auto& caller = record.party(side::caller);
    BOOST_TEST(caller.rtp.received == 4);
    BOOST_TEST(caller.rtp.relayed == 4);
    BOOST_TEST(caller.rtp.refused == 1);
    BOOST_TEST((caller.rtp.last - caller.rtp.first == 60ms));
    BOOST_TEST(caller.stream.totals.sent == 5);
    BOOST_TEST(caller.stream.totals.lost() == 2);
    BOOST_TEST(caller.stream.totals.duplicates == 1);
    BOOST_TEST(caller.local_port == 30002);
    BOOST_TEST(caller.rtp.remote.value() == callers_phone);
    const auto& callee = record.party(side::callee);
    BOOST_TEST(callee.rtp.received == 1);
    BOOST_TEST(callee.rtcp.received == 1);
    BOOST_TEST(int{callee.stream.timed_payload_type.value()} == 18);
    BOOST_TEST(callee.rtcp.remote.value() == make_endpoint("10.9.8.7", 5001));
    BOOST_TEST(csv_field(record, "rtp_npkts_ina") == "4");
    BOOST_TEST(csv_field(record, "rtp_npkts_ino") == "1");
    BOOST_TEST(csv_field(record, "rtcp_npkts_ino") == "1");
    BOOST_TEST(csv_field(record, "rtpa_pt_last_ino") == "18");
}

BOOST_AUTO_TEST_CASE(holds_are_counted_when_they_begin) {
    recorded_script s;
    s.script("U call 10.1.2.3 4000 f");
    s.script("L call 10.9.8.7 5000 f t");
    for (const auto* address : {"0.0.0.0", "0.0.0.0", "10.1.2.3", "0.0.0.0"})
        s.script("U call " + std::string(address) + " 4000 f t");
    s.script("D call f");
    const auto& record = s.records->at(0);
    BOOST_TEST(csv_field(record, "rtpp_hld_sts_a") == "t");
    BOOST_TEST(csv_field(record, "rtpp_hld_cnt_a") == "2");
    BOOST_TEST(csv_field(record, "rtpp_hld_sts_o") == "f");
    BOOST_TEST(csv_field(record, "rtpp_hld_cnt_o") == "0");
    BOOST_TEST(csv_field(record, "rtpp_rtp_rmt_ip_a") == "10.1.2.3");
}

BOOST_AUTO_TEST_CASE(events_and_comfort_noise_do_not_hide_the_codec) {
    recorded_script s;
    s.script("U call 10.1.2.3 4000 f");
    s.script("L call 10.9.8.7 5000 f t");
    std::uint16_t number = 0;
    for (const auto type : std::array<std::uint8_t, 4>{8, 8, 13, 101})
        s.script.packet(
            callers_phone, 30002,
            make_rtp({.sequence_number = ++number, .timestamp = 160U * number, .payload_type = type}));
    s.script("D call f");
    const auto& stream = s.records->at(0).party(side::caller).stream;
    BOOST_TEST(int{stream.last_payload_type.value()} == 101);
    BOOST_TEST(int{stream.timed_payload_type.value()} == 8);
}

BOOST_AUTO_TEST_SUITE_END()
