#define BOOST_TEST_MODULE load_generator
#include "load/arrival_order.hpp"
#include "load/bencode.hpp"
#include "load/call_setup.hpp"
#include "load/control_run.hpp"
#include "load/histogram.hpp"
#include "load/media_run.hpp"
#include "load/process_usage.hpp"
#include "load/rate_search.hpp"
#include "load/signalling.hpp"
#include "load/test_packet.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <stdexcept>

using namespace rtpproxy::bench;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

BOOST_AUTO_TEST_CASE(quantiles_are_right_to_two_percent) {
    histogram values;
    for (int i = 1; i <= 100'000; ++i)
        values.record(microseconds{i});
    for (const double q : {0.01, 0.5, 0.99, 0.999}) {
        const auto found = static_cast<double>(values.quantile(q).count());
        BOOST_TEST(found >= q * 1e8);
        BOOST_TEST(found <= q * 1e8 * 1.02);
    }
    BOOST_TEST((values.max() == microseconds{100'000}));
    BOOST_TEST((values.quantile(1) == values.max()));
}

BOOST_AUTO_TEST_CASE(extreme_durations_are_recorded) {
    histogram values;
    BOOST_TEST((values.quantile(0.5) == nanoseconds{0}));
    values.record(nanoseconds{-5});
    BOOST_TEST((values.quantile(0.5) == nanoseconds{0}));
    values.record(nanoseconds::max());
    BOOST_TEST((values.quantile(1) == nanoseconds::max()));
}

BOOST_AUTO_TEST_CASE(a_packet_says_what_was_written) {
    packet_buffer packet;
    const packet_stamp written{7, 12, 65'537, bench_clock::now()};
    write_packet(packet, written);
    BOOST_TEST((packet[0] == std::byte{0x80}));
    BOOST_TEST((packet[2] == std::byte{0} && packet[3] == std::byte{1}));
    const auto read = read_packet(packet);
    BOOST_REQUIRE(read);
    BOOST_TEST(read->phase == 7u);
    BOOST_TEST(read->stream == 12u);
    BOOST_TEST(read->number == 65'537u);
    BOOST_TEST((read->sent_at == written.sent_at));
}

BOOST_AUTO_TEST_CASE(an_altered_packet_is_found_out) {
    packet_buffer packet;
    write_packet(packet, {1, 2, 3, {}});
    // Octets 20 to 31 hold the send time and the phase, which follow from nothing.
    for (const std::size_t octet : {0, 1, 2, 3, 4, 8, 11, 12, 19, 32, 35, 36, 100, 171}) {
        auto altered = packet;
        altered[octet] ^= std::byte{1};
        BOOST_TEST(!read_packet(altered).has_value(), "octet " << octet);
    }
    BOOST_TEST(!read_packet(std::span{packet}.first(171)));
}

BOOST_AUTO_TEST_CASE(order_is_judged) {
    using verdict = arrival_order::verdict;
    arrival_order order;
    BOOST_TEST((order.take(5) == verdict::in_order));
    BOOST_TEST((order.take(8) == verdict::in_order));
    BOOST_TEST((order.take(8) == verdict::duplicate));
    BOOST_TEST((order.take(6) == verdict::late));
    BOOST_TEST((order.take(6) == verdict::duplicate));
    BOOST_TEST((order.take(5) == verdict::duplicate));
    BOOST_TEST((order.take(500) == verdict::in_order));
    BOOST_TEST((order.take(5) == verdict::late));
}

BOOST_AUTO_TEST_CASE(bencoded_values_are_found) {
    BOOST_TEST(bencode_dictionary{}.add("a", "bc").add("n", 5).text() == "d1:a2:bc1:ni5ee");
    constexpr std::string_view text = "d4:listl1:xi-3ee4:infod3:sdp5:wronge3:sdp5:v=0\r\ne";
    BOOST_TEST(find_bencoded(text, "sdp").value() == "v=0\r\n");
    BOOST_TEST(!find_bencoded(text, "list"));
    BOOST_TEST(!find_bencoded(text, "absent"));
    for (const auto* malformed : {"", "x", "d", "d3:sd", "d9999999999999999999:a", "d1:a", "d1:al", "d1:ai1"})
        BOOST_TEST(!find_bencoded(malformed, "sdp"), malformed);
}

BOOST_AUTO_TEST_CASE(rtpproxy_replies_are_read) {
    const auto protocol = make_rtpproxy_signalling();
    const auto offered = protocol->read_reply(step::offer, "40000 127.0.0.5\n");
    BOOST_REQUIRE(offered.media.has_value());
    BOOST_TEST(same_address(*offered.media, parse_host_and_port("127.0.0.5:40000")));
    BOOST_TEST(protocol->read_reply(step::answer, "40000\n").ok);
    BOOST_TEST(!protocol->read_reply(step::answer, "0\n").ok);
    BOOST_TEST(!protocol->read_reply(step::offer, "E72\n").ok);
    BOOST_TEST(protocol->read_reply(step::remove, "0\n").ok);
    BOOST_TEST(!protocol->read_reply(step::remove, "E50\n").ok);
}

BOOST_AUTO_TEST_CASE(ng_replies_are_read) {
    const auto protocol = make_ng_signalling();
    const std::string sdp = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 30000 RTP/AVP 0\r\n";
    const auto text = bencode_dictionary{}.add("result", "ok").add("sdp", sdp).text();
    const auto reply = protocol->read_reply(step::offer, text);
    BOOST_REQUIRE(reply.media.has_value());
    BOOST_TEST(same_address(*reply.media, parse_host_and_port("127.0.0.1:30000")));
    BOOST_TEST(!protocol->read_reply(step::offer, bencode_dictionary{}.add("result", "error").text()).ok);
}

BOOST_AUTO_TEST_CASE(malformed_addresses_are_refused) {
    for (const auto* text :
         {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "localhost:80", "127.0.0.1:8x"})
        BOOST_CHECK_THROW((void)parse_host_and_port(text), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(both_ends_hear_each_other_without_a_relay) {
    media_run run{2};
    auto calls = make_calls(10, run.ports());
    connect_directly(calls);
    run.use(calls);
    const auto result = run.paced(2000, std::chrono::milliseconds{250});
    BOOST_TEST(result.planned == 500u);
    BOOST_TEST(result.sent == 500u);
    BOOST_TEST(result.received == 500u);
    BOOST_TEST(result.is_correct());
    BOOST_TEST(result.delay.count() == 500u);
    const auto closed = run.closed_loop(8, std::chrono::milliseconds{100});
    BOOST_TEST(closed.received > 0u);
    BOOST_TEST(closed.lost() == 0u);
    BOOST_TEST(closed.is_correct());
}

BOOST_AUTO_TEST_CASE(packets_at_the_wrong_leg_or_from_a_wrong_port_are_found_out) {
    media_run run{1};
    auto calls = make_calls(2, run.ports());
    connect_directly(calls);
    std::swap(calls[0].end(party::caller).relay, calls[1].end(party::caller).relay);
    run.use(calls);
    const auto result = run.paced(400, std::chrono::milliseconds{100});
    BOOST_TEST(result.misdelivered == 20u);
    BOOST_TEST(result.received == 20u);
    BOOST_TEST(result.wrong_source == 20u);
    BOOST_TEST(!result.is_correct());
}

BOOST_AUTO_TEST_CASE(a_result_that_the_generator_spoiled_says_so) {
    media_result result;
    result.planned = result.sent = result.received = 1000;
    BOOST_TEST(is_sustained(result, {}));
    result.sent = 990;
    BOOST_TEST(result.limited_by_generator());
    BOOST_TEST(!is_sustained(result, {}));
    result.sent = 1000;
    result.dropped_here = 1;
    BOOST_TEST(result.limited_by_generator());
}

BOOST_AUTO_TEST_CASE(a_relay_that_does_not_answer_is_reported) {
    control_channel channel{parse_host_and_port("127.0.0.1:1")};
    const auto protocol = make_rtpproxy_signalling();
    BOOST_CHECK_THROW(wait_until_ready(channel, *protocol, std::chrono::seconds{1}), std::runtime_error);
    const auto result = run_cycles(channel, *protocol, 3, std::chrono::milliseconds{10});
    BOOST_TEST(result.cycles == 0u);
    BOOST_TEST(result.lost == result.commands);
}

BOOST_AUTO_TEST_CASE(usage_of_a_process_is_read) {
    const auto before = read_usage(::getpid());
    const auto end = bench_clock::now() + std::chrono::milliseconds{50};
    while (bench_clock::now() < end) {
    }
    const auto used = read_usage(::getpid()) - before;
    BOOST_TEST((used.cpu > nanoseconds{0}));
    BOOST_TEST(used.resident_bytes > 100'000u);
    BOOST_CHECK_THROW((void)read_usage(-5), std::runtime_error);
}
