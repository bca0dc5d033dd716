#define BOOST_TEST_MODULE permitted_destinations
#include "support/command_script.hpp"
#include "support/hex_bytes.hpp"
#include "support/rtp_packets.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

using octets = std::vector<std::byte>;

constexpr std::uint16_t control_port = 7722;

octets text_of(std::string_view text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

const octets order = text_of("zz D other f t");
const octets stun = from_hex("0001 0000 2112a442 0102030405060708090a0b0c");
const octets dtls = from_hex("16 fefd 0000000000000001 0004 01020304");
const octets fax = from_hex("0007 01 ab 00 00");
const octets later_fax = from_hex("2007 01 ab 00 00");
const octets report = from_hex("80 c9 0001 12345678");

const auto other_hosts_phone = make_endpoint("10.1.2.3", 4000);
const auto neighbours_phone = make_endpoint("198.51.100.1", 5000);

session_settings learning(learning_policy policy) {
    session_settings settings;
    settings.learning.standard = policy;
    return settings;
}

media_destinations::settings only(host_media to_this_host) {
    media_destinations::settings chosen;
    chosen.to_this_host = to_this_host;
    return chosen;
}

/// A program with a control socket on a host with one address. The caller is on another host.
struct relay : command_script {
    explicit relay(host_media to_this_host = host_media::media,
                   learning_policy policy = learning_policy::guarded)
        : command_script(local_addresses({make_local("0.0.0.0")}), learning(policy),
                         {.min = 30000, .max = 30098, .sequential = true}, only(to_this_host)) {
        take_ports_from_pool();
        destinations.guard_port(control_port);
        destinations.set_host_addresses({make_endpoint("198.51.100.1", 0).address()});
    }

    /// Ports: 30000 takes the callee's media, 30002 the caller's.
    void set_up_call(const endpoint& callee, const std::string& modifiers = "") {
        const auto answer = callee.address().to_string() + " " + std::to_string(callee.port());
        BOOST_REQUIRE((*this)("U" + modifiers + " c 10.1.2.3 4000 f") == "30000");
        BOOST_REQUIRE((*this)("L" + modifiers + " c " + answer + " f t") == "30002");
    }
    bool callee_gets(const octets& datagram) {
        return packet(other_hosts_phone, 30002, datagram).has_value();
    }
    bool callee_gets_report(const octets& datagram) {
        return packet(make_endpoint("10.1.2.3", 4001), 30003, datagram).has_value();
    }
    std::uint64_t dropped(drop_reason why) const {
        return statistics.drops[static_cast<std::size_t>(why)].value();
    }
};

const std::vector<learning_policy> policies{learning_policy::guarded, learning_policy::classic,
                                            learning_policy::signalled};

}  // namespace

namespace rtpproxy {
std::ostream& operator<<(std::ostream& out, learning_policy policy) {
    return out << to_string(policy);
}
}  // namespace rtpproxy

BOOST_DATA_TEST_CASE(a_control_socket_gets_nothing_and_the_command_succeeds, policies, policy) {
    for (const auto* address : {"127.0.0.1", "127.5.5.5", "198.51.100.1"}) {
        relay relay(host_media::any, policy);
        relay.set_up_call(make_endpoint(address, control_port));
        BOOST_TEST(!relay.callee_gets(order));
        BOOST_TEST(!relay.callee_gets(make_rtp({})));
        BOOST_TEST(relay.dropped(drop_reason::forbidden_destination) == 2u);
        BOOST_TEST(relay("Q c f t").starts_with("60 "));
    }
}

BOOST_DATA_TEST_CASE(a_control_socket_gets_nothing_as_the_port_of_rtcp, policies, policy) {
    relay relay(host_media::any, policy);
    relay.set_up_call(make_endpoint("127.0.0.1", control_port - 1));
    BOOST_TEST(relay.callee_gets(make_rtp({})));
    BOOST_TEST(!relay.callee_gets_report(report));
    BOOST_TEST(relay.dropped(drop_reason::forbidden_destination) == 1u);
}

BOOST_AUTO_TEST_CASE(an_address_that_was_learned_is_judged_before_anything_is_sent_there) {
    // Whatever taught it: what comes from a control socket might.
    relay relay(host_media::any, learning_policy::classic);
    relay.set_up_call(make_endpoint("10.9.8.7", 5000));
    const auto control_socket = make_endpoint("127.0.0.1", control_port);
    BOOST_TEST(relay.packet(control_socket, 30000, order).has_value());
    BOOST_TEST(!relay.callee_gets(order));
    BOOST_TEST(relay.dropped(drop_reason::forbidden_destination) == 1u);
}

BOOST_AUTO_TEST_CASE(the_port_of_rtcp_that_is_guessed_is_judged) {
    relay relay(host_media::any, learning_policy::classic);
    relay.set_up_call(make_endpoint("10.9.8.7", 5000));
    BOOST_TEST(relay.packet(make_endpoint("127.0.0.1", control_port - 1), 30000, make_rtp({})).has_value());
    BOOST_TEST(!relay.callee_gets_report(report));
}

BOOST_AUTO_TEST_CASE(a_packet_marks_what_it_taught_as_not_judged) {
    relay relay(host_media::media, learning_policy::classic);
    relay.set_up_call(make_endpoint("10.9.8.7", 5000));
    auto& session = *relay.plane.at_port(30000)->owner;
    const auto learns_from = [&](std::uint16_t port) {
        return relay_packet(session, side::callee, component::rtp, make_rtp({}),
                            make_endpoint("10.9.8.7", port), relay.now(), relay.statistics)
            .learned;
    };
    BOOST_TEST(!learns_from(5000));
    BOOST_TEST(session.destinations_judged == relay.destinations.generation());
    BOOST_REQUIRE(relay("U d 10.1.2.3 4000 f") == "30004");
    BOOST_REQUIRE(relay("L d 10.9.8.7 5000 f t") == "30006");
    auto& other = *relay.plane.at_port(30004)->owner;
    const auto verdict = relay_packet(other, side::callee, component::rtp, make_rtp({}),
                                      make_endpoint("10.9.8.7", 6000), relay.now(), relay.statistics);
    BOOST_REQUIRE(verdict.learned);
    BOOST_TEST(other.destinations_judged == 0u);
}

BOOST_AUTO_TEST_CASE(other_hosts_get_anything) {
    relay relay(host_media::none);
    relay.set_up_call(make_endpoint("10.9.8.7", control_port));
    BOOST_TEST(relay.callee_gets(make_rtp({})));
    BOOST_TEST(relay.callee_gets(order));
}

BOOST_AUTO_TEST_CASE(a_neighbour_gets_rtp_and_reports_and_no_text) {
    relay relay;
    relay.set_up_call(neighbours_phone, "c0");
    BOOST_TEST(relay.callee_gets(make_rtp({})));
    BOOST_TEST(relay.callee_gets(report));
    BOOST_TEST(relay.callee_gets_report(report));
    for (const auto& each : {order, stun, dtls, fax, octets{}}) {
        BOOST_TEST(!relay.callee_gets(each));
        BOOST_TEST(!relay.callee_gets_report(each));
    }
    BOOST_TEST(relay.dropped(drop_reason::not_for_neighbour) == 10u);
}

BOOST_AUTO_TEST_CASE(a_neighbour_that_speaks_media_gets_media_of_other_kinds_and_no_text) {
    for (const auto& spoken : {make_rtp({}), stun, dtls}) {
        relay relay;
        relay.set_up_call(neighbours_phone, "c0");
        BOOST_TEST(!relay.callee_gets(stun));
        BOOST_TEST(relay.packet(neighbours_phone, 30000, spoken).has_value());
        BOOST_TEST(relay.callee_gets(stun));
        BOOST_TEST(relay.callee_gets(dtls));
        BOOST_TEST(relay.callee_gets(later_fax));
        BOOST_TEST(!relay.callee_gets(order));
    }
}

BOOST_AUTO_TEST_CASE(what_a_neighbour_said_counts_for_the_port_it_was_said_to) {
    relay relay;
    relay.set_up_call(neighbours_phone, "c0");
    BOOST_TEST(relay.packet(neighbours_phone, 30000, stun).has_value());
    BOOST_TEST(relay.callee_gets(stun));
    BOOST_TEST(!relay.callee_gets_report(stun));
}

BOOST_AUTO_TEST_CASE(what_a_neighbour_said_counts_for_no_other_port_of_the_host) {
    relay relay;
    relay.set_up_call(neighbours_phone, "c0");
    BOOST_TEST(relay.packet(neighbours_phone, 30000, stun).has_value());
    BOOST_REQUIRE(relay("Lc0 c 198.51.100.1 5060 f t") == "30002");
    BOOST_TEST(!relay.callee_gets(stun));
    BOOST_TEST(relay.callee_gets(make_rtp({})));
}

BOOST_AUTO_TEST_CASE(text_of_a_neighbour_proves_nothing) {
    relay relay;
    relay.set_up_call(neighbours_phone);
    BOOST_TEST(relay.packet(neighbours_phone, 30000, text_of("SIP/2.0 200 OK")).has_value());
    BOOST_TEST(!relay.callee_gets(stun));
    BOOST_TEST(!relay.callee_gets(later_fax));
}

BOOST_AUTO_TEST_CASE(fax_may_begin_with_the_other_party_where_no_codecs_were_signalled) {
    relay relay;
    relay.set_up_call(neighbours_phone);
    BOOST_TEST(relay.callee_gets(fax));
    BOOST_TEST(relay.callee_gets(from_hex("0007 02 abcd 6c 0000")));  // some senders are careless
    BOOST_TEST(!relay.callee_gets(later_fax));                        // begins like text
    BOOST_TEST(!relay.callee_gets(text_of("zz D other f t and so on and on and on")));
    BOOST_TEST(!relay.callee_gets(from_hex("0007 0102")));
    BOOST_TEST(!relay.callee_gets_report(from_hex("0a07 01 ab 00 00")));
    BOOST_TEST(!relay.callee_gets(stun));
    BOOST_TEST(relay.packet(neighbours_phone, 30000, fax).has_value());
    BOOST_TEST(relay.callee_gets(later_fax));
}

BOOST_AUTO_TEST_CASE(neighbours_get_anything_or_nothing_as_chosen) {
    relay any(host_media::any);
    any.set_up_call(neighbours_phone);
    BOOST_TEST(any.callee_gets(order));
    relay none(host_media::none);
    none.set_up_call(neighbours_phone);
    BOOST_TEST(!none.callee_gets(make_rtp({})));
    BOOST_TEST(none.dropped(drop_reason::forbidden_destination) == 1u);
}

BOOST_AUTO_TEST_CASE(calls_are_judged_anew_when_the_host_gets_an_address_or_loses_one) {
    relay relay;
    const auto there = make_endpoint("203.0.113.9", control_port);
    relay.set_up_call(there);
    BOOST_TEST(relay.callee_gets(order));
    relay.destinations.set_host_addresses({there.address()});
    BOOST_TEST(!relay.callee_gets(order));
    relay.destinations.set_host_addresses({});
    BOOST_TEST(relay.callee_gets(order));
}

BOOST_AUTO_TEST_CASE(a_ring_by_an_address_that_the_host_gets_later_is_cut) {
    relay relay;
    BOOST_REQUIRE(relay("U c 203.0.113.9 30000 f") == "30000");
    BOOST_REQUIRE(relay("L c 203.0.113.9 30002 f t") == "30002");
    const auto our_port = make_endpoint("203.0.113.9", 30000);
    BOOST_TEST(relay.packet(our_port, 30002, make_rtp({})).has_value());
    relay.destinations.set_host_addresses({our_port.address()});
    BOOST_TEST(!relay.packet(our_port, 30002, make_rtp({.sequence_number = 2})).has_value());
    BOOST_TEST(relay.dropped(drop_reason::loop) == 1u);
}

BOOST_AUTO_TEST_CASE(prompts_go_where_media_may) {
    const auto prompt_of_a_second =
        std::make_shared<const prompt>(prompt{*frame_format_of(0), octets(8000, std::byte{1})});
    for (const bool permitted : {true, false}) {
        relay relay;
        relay.prompts = {{"moh", prompt_of_a_second}};
        relay.set_up_call(make_endpoint("127.0.0.1", permitted ? 5000 : control_port), "c0");
        BOOST_TEST(relay("P c moh 0 t f") == "0");
        relay.play(std::chrono::milliseconds{100});
        BOOST_TEST(relay.plane.sent.empty() != permitted);
    }
}

BOOST_AUTO_TEST_CASE(media_of_other_calls_goes_where_media_may) {
    relay relay;
    relay.set_up_call(make_endpoint("10.9.8.7", 5000));
    const auto feed_to = [&relay](const std::string& call, std::uint16_t port) {
        const auto party = "127.0.0.1 " + std::to_string(port);
        relay("U " + call + " " + party + " F");
        relay("L " + call + " " + party + " F T");
        relay("U " + call + " " + party + " F T && C c f t");
    };
    const auto fed = [&relay](const octets& datagram) {
        relay.plane.sent.clear();
        relay.packet(other_hosts_phone, 30002, datagram);
        relay.io_context.restart();
        relay.io_context.poll();
        std::string calls;
        for (const auto& each : relay.plane.sent)
            if (each.call_id != "c") calls += each.call_id;
        return calls;
    };
    feed_to("x", control_port);
    feed_to("y", 6000);
    BOOST_TEST(fed(make_rtp({})) == "y");
    BOOST_TEST(fed(order) == "");
}

BOOST_AUTO_TEST_CASE(copies_to_where_no_media_may_go_are_refused) {
    relay relay;
    relay.set_up_call(make_endpoint("10.9.8.7", 5000));
    for (const auto* target :
         {"127.0.0.1:7722", "127.9.9.9:7722", "198.51.100.1:7722", "127.0.0.1:53", "224.0.0.1:5000",
          "255.255.255.255:5000", "0.0.0.0:5000", "169.254.169.254:5000"})
        BOOST_TEST(relay(std::string("C c udp:") + target + " f t") == "E65", target);
}
