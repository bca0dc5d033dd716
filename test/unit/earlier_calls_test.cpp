#define BOOST_TEST_MODULE earlier_calls
#include "rtpproxy/engine/media_memory.hpp"

#include "support/command_script.hpp"
#include "support/guarded_leg.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

const endpoint sip_host = at("192.0.2.1", 4000);  // what the controller signals of the carrier
const endpoint media_host = at("198.51.100.99", 20000);
const endpoint callee = at("192.0.2.20", 5000);
const endpoint phone_behind_nat = at("203.0.113.5", 61000);
const endpoint zombie = at("203.0.113.66", 7000);

/// Calls one after the other through the same memory.
struct call_site {
    media_memory memory;
    command_script script;

    explicit call_site(port_range ports = {.min = 30000, .max = 30098, .sequential = true})
        : script(local_addresses({make_local("192.0.2.200")}), settings_with(&memory), ports) {
        script.take_ports_from_pool();
    }
    static session_settings settings_with(media_memory* memory) {
        session_settings settings;
        settings.memory = memory;
        return settings;
    }

    /// Sets up a call whose caller is signalled to be there. @returns the ports facing caller and callee.
    std::pair<std::uint16_t, std::uint16_t> set_up(const std::string& call_id, const endpoint& signalled) {
        const auto port = [](const std::string& reply) {
            return static_cast<std::uint16_t>(std::stoi(reply));
        };
        const auto to = port(script(
            fmt::format("Uc0 {} {} {} f", call_id, signalled.address().to_string(), signalled.port())));
        const auto from = port(
            script(fmt::format("Lc0 {} {} {} f t", call_id, callee.address().to_string(), callee.port())));
        return {from, to};
    }
    /// So many packets of 20 ms each way, those of the caller from `source`. @returns how many of these were
    /// lost.
    int talk(const endpoint& source, rtp_stream& voice, std::pair<std::uint16_t, std::uint16_t> ports,
             int packets, bool both_ways = true) {
        rtp_stream answer{.ssrc = 0xca11ee};
        int lost = 0;
        for (int i = 0; i < packets; ++i) {
            lost += !script.packet(source, ports.first, voice.next());
            if (both_ways) script.packet(callee, ports.second, answer.next());
            script.pass(20ms);
        }
        return lost;
    }
    void hang_up(const std::string& call_id) { BOOST_REQUIRE(script("D " + call_id + " f t") == "0"); }
};

/// How much of the beginning of a call is lost after an earlier one that was like that.
int lost_after(int seconds, bool both_ways, bool hung_up) {
    call_site site;
    rtp_stream voice;
    auto ports = site.set_up("first", sip_host);
    site.talk(media_host, voice, ports, seconds * 50, both_ways);
    if (hung_up)
        site.hang_up("first");
    else
        site.script.pass(200s);
    ports = site.set_up("second", sip_host);
    rtp_stream other_voice{.ssrc = 77};
    return site.talk(media_host, other_voice, ports, 100);
}

}  // namespace

// Hosts that served earlier calls.

BOOST_AUTO_TEST_CASE(media_host_of_an_earlier_call_has_the_short_trial) {
    BOOST_TEST(lost_after(10, true, true) == 4);
}

BOOST_AUTO_TEST_CASE(short_one_way_and_abandoned_calls_vouch_for_nobody) {
    BOOST_TEST(lost_after(3, true, true) >= 20);
    BOOST_TEST(lost_after(10, false, true) >= 20);
    BOOST_TEST(lost_after(10, true, false) >= 20);
}

BOOST_AUTO_TEST_CASE(media_host_is_vouched_for_in_calls_of_the_same_signalled_host_only) {
    call_site site;
    rtp_stream voice, other_voice{.ssrc = 77}, third_voice{.ssrc = 78};
    site.talk(media_host, voice, site.set_up("first", sip_host), 500);
    site.hang_up("first");
    BOOST_TEST(site.talk(media_host, other_voice, site.set_up("second", at("192.0.2.2", 4000)), 100) >= 20);
    BOOST_TEST(site.talk(at("198.51.100.98", 20000), third_voice, site.set_up("third", sip_host), 100) >= 20);
}

BOOST_AUTO_TEST_CASE(networks_of_carriers_have_the_short_trial_from_the_first_call_on) {
    auto settings = call_site::settings_with(nullptr);
    settings.carrier_media = std::make_shared<const network_list>(*network_list::parse("198.51.100.0/24"));
    command_script script(local_addresses({make_local("192.0.2.200")}), settings);
    script("Uc0 c 192.0.2.1 4000 f");
    script("Lc0 c 192.0.2.20 5000 f t");
    rtp_stream voice;
    int lost = 0;
    for (int i = 0; i < 50; ++i, script.pass(20ms))
        lost += !script.packet(media_host, 30002, voice.next());
    BOOST_TEST(lost == 4);
}

BOOST_AUTO_TEST_CASE(hosts_are_forgotten_in_time_and_bounded) {
    media_memory memory;
    const time_point begin{1h};
    const auto host = [](unsigned n) { return boost::asio::ip::address_v4(0x0b000000 + n); };
    for (unsigned n = 0; n < 6; ++n)
        memory.remember_companion(sip_host.address(), host(n), begin);
    const auto known = memory.companions_of(sip_host.address(), begin + 23h);
    BOOST_TEST(known.size() == 4);
    BOOST_TEST((known.front() == host(5)));
    BOOST_TEST(memory.companions_of(sip_host.address(), begin + 24h).empty());

    for (unsigned n = 0; n <= media_memory::most_signalled_hosts; ++n)
        memory.remember_companion(host(n), media_host.address(), begin);
    BOOST_TEST(memory.companions_of(sip_host.address(), begin).empty());
    BOOST_TEST(memory.companions_of(host(0), begin).empty());
    BOOST_TEST(memory.companions_of(host(media_memory::most_signalled_hosts), begin).size() == 1);
}

// Phones that missed the end of their call.

BOOST_AUTO_TEST_CASE(stream_of_an_earlier_call_does_not_take_the_leg_of_the_next_one_on_its_port) {
    call_site site({.min = 30000, .max = 30002, .sequential = true});
    rtp_stream stale{.ssrc = 0x666}, voice;
    const auto ports = site.set_up("first", zombie);
    BOOST_TEST(site.talk(zombie, stale, ports, 10) == 0);
    site.hang_up("first");
    for (int n = 0; n < 3; ++n) {
        const auto call_id = fmt::format("later-{}", n);
        const auto again = site.set_up(call_id, at("192.168.7.7", 4000));
        BOOST_REQUIRE(again.first == ports.first);
        BOOST_TEST(site.talk(zombie, stale, again, 50) == 50);
        rtp_stream fresh{.ssrc = 0x100U + static_cast<unsigned>(n)};
        for (int i = 0; i < 50; ++i) {  // both at once
            BOOST_TEST(site.talk(zombie, stale, again, 1, false) == 1);
            const bool lost = site.talk(phone_behind_nat, fresh, again, 1, false) != 0;
            BOOST_TEST(lost == (i < 4));
        }
        site.hang_up(call_id);
    }
}

BOOST_AUTO_TEST_CASE(party_that_calls_again_from_the_same_place_is_no_stranger) {
    call_site site({.min = 30000, .max = 30002, .sequential = true});
    rtp_stream voice, new_voice{.ssrc = 0x777};
    const auto ports = site.set_up("first", at("192.168.7.7", 4000));
    BOOST_TEST(site.talk(phone_behind_nat, voice, ports, 10) == 4);
    site.hang_up("first");
    const auto again = site.set_up("second", at("192.168.7.7", 4000));
    BOOST_REQUIRE(again.first == ports.first);
    BOOST_TEST(site.talk(phone_behind_nat, new_voice, again, 10) == 4);
}

// Calls that pass the SIP server twice.

BOOST_AUTO_TEST_CASE(own_port_tells_nothing_about_a_party) {
    for (const bool advertised : {false, true}) {
        command_script script(
            local_addresses({make_local("192.0.2.200", advertised ? "198.51.100.200" : "")}));
        const std::string ours = advertised ? "198.51.100.200" : "192.0.2.200";
        BOOST_TEST(script("Uc0 c 192.0.2.1 4000 f").starts_with("30000 "));
        BOOST_TEST(script("Uc0 c " + ours + " 30000 f").starts_with("30000 "));  // the offer comes back
        BOOST_TEST(script("Lc0 c 192.0.2.20 5000 f t").starts_with("30002 "));
        BOOST_TEST(script("Lc0 c " + ours + " 30002 f t").starts_with("30002 "));  // and the answer
        rtp_stream voice, answer{.ssrc = 2};
        BOOST_TEST((script.packet(sip_host, 30002, voice.next()) == callee));
        BOOST_TEST((script.packet(callee, 30000, answer.next()) == sip_host));
    }
}

BOOST_AUTO_TEST_CASE(port_of_another_session_is_an_address_like_any_other) {
    command_script script(local_addresses({make_local("192.0.2.200")}));
    script("Uc0 one 192.0.2.1 4000 f");
    script("Lc0 one 192.0.2.200 30006 f t");
    rtp_stream voice;
    BOOST_TEST((script.packet(sip_host, 30002, voice.next()) == at("192.0.2.200", 30006)));
}
