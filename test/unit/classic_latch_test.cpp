#define BOOST_TEST_MODULE classic_latch
#include "rtpproxy/session/classic_latch.hpp"

#include "rtpproxy/rtp/stream_statistics.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

using namespace rtpproxy;
using namespace std::chrono_literals;

namespace {

endpoint at(std::string_view address, unsigned port) {
    return {boost::asio::ip::make_address(address), static_cast<std::uint16_t>(port)};
}

rtp_header rtp(std::uint32_t ssrc, unsigned sequence_number) {
    rtp_header header;
    header.ssrc = ssrc;
    header.sequence_number = static_cast<std::uint16_t>(sequence_number);
    return header;
}

constexpr auto no_rtp = std::nullopt;

/// What became of a datagram.
enum class verdict { refused, accepted, learned };

std::ostream& operator<<(std::ostream& out, verdict value) {
    static constexpr const char* names[] = {"refused", "accepted", "learned"};
    return out << names[static_cast<int>(value)];
}

/// One leg as a session drives it: both latches, and the analysis that reports new SSRCs.
class leg {
  public:
    classic_latch rtp_latch{component::rtp};
    classic_latch rtcp_latch{component::rtcp};

    void wait(duration time) { now_ += time; }

    void signalled(const endpoint& address, bool asymmetric = false) {
        rtp_latch.on_signalled(address, now_);
        rtcp_latch.on_signalled({address.address(), static_cast<std::uint16_t>(address.port() + 1)}, now_);
        command(asymmetric);
    }
    /// A command without a usable address.
    void command(bool asymmetric) {
        rtp_latch.set_asymmetric(asymmetric);
        rtcp_latch.set_asymmetric(asymmetric);
    }

    verdict rtp_from(const endpoint& source, const std::optional<rtp_header>& header) {
        const auto outcome = rtp_latch.on_packet(source, header, now_);
        if (!outcome.accepted) return verdict::refused;
        if (outcome.learned) rtcp_latch.guess_from_rtp(source);
        if (statistics_.on_packet(header, now_) && header) rtp_latch.on_new_ssrc(*header, now_);
        return outcome.learned ? verdict::learned : verdict::accepted;
    }
    verdict rtcp_from(const endpoint& source) {
        const auto outcome = rtcp_latch.on_packet(source, no_rtp, now_);
        if (!outcome.accepted) return verdict::refused;
        return outcome.learned ? verdict::learned : verdict::accepted;
    }

    [[nodiscard]] endpoint rtp_remote() const { return remote_of(rtp_latch); }
    [[nodiscard]] endpoint rtcp_remote() const { return remote_of(rtcp_latch); }

  private:
    static endpoint remote_of(const classic_latch& latch) {
        return latch.remote() ? *latch.remote() : endpoint{};
    }

    stream_statistics statistics_;
    time_point now_{1h};
};

/// The same roles for each IP version.
struct cast {
    endpoint signalled;
    endpoint signalled_later;
    endpoint real;        ///< where the party sends from
    endpoint other_port;  ///< the same host after its NAT was rebound
    endpoint moved;       ///< the party on another network
    endpoint stranger;
};

const cast ipv4{at("10.0.0.5", 4000),  at("10.0.0.6", 4100),     at("192.0.2.1", 5000),
                at("192.0.2.1", 5777), at("198.51.100.7", 6000), at("203.0.113.66", 9000)};
const cast ipv6{at("fd00::5", 4000),     at("fd00::6", 4100),       at("2001:db8::1", 5000),
                at("2001:db8::1", 5777), at("2001:db8:1::7", 6000), at("2001:db8:2::66", 9000)};

/// One step of a table-driven script; every role is a member of `cast`.
struct step {
    enum class kind { signal, rtp, noise, wait } what;
    endpoint cast::*who = nullptr;
    std::uint32_t ssrc = 0;
    unsigned sequence_number = 0;
    verdict expected = verdict::accepted;
    duration time{};
};

step signal(endpoint cast::*address) {
    return {step::kind::signal, address, 0, 0, {}, {}};
}
step packet(endpoint cast::*source, std::uint32_t ssrc, unsigned sequence_number, verdict expected) {
    return {step::kind::rtp, source, ssrc, sequence_number, expected, {}};
}
step noise(endpoint cast::*source, verdict expected) {
    return {step::kind::noise, source, 0, 0, expected, {}};
}
step wait(duration time) {
    return {step::kind::wait, nullptr, 0, 0, {}, time};
}

struct script {
    std::string name;
    std::vector<step> steps;
    endpoint cast::*remote;  ///< in the end; null while unknown
    bool latched;
};

const auto signalled = &cast::signalled;
const auto signalled_later = &cast::signalled_later;
const auto real = &cast::real;
const auto other_port = &cast::other_port;
const auto moved = &cast::moved;
const auto stranger = &cast::stranger;
using enum verdict;

const std::vector<script> scripts = {
    {"nothing known", {}, nullptr, false},
    {"signalled address is used before any packet", {signal(signalled)}, signalled, false},
    {"signalled address may be replaced until a packet comes",
     {signal(signalled), signal(signalled_later)},
     signalled_later,
     false},
    {"first packet from the signalled address latches",
     {signal(signalled), packet(signalled, 1, 10, accepted), packet(stranger, 2, 10, refused)},
     signalled,
     true},
    {"first packet decides the real address",
     {signal(signalled), packet(real, 1, 10, learned), packet(real, 1, 11, accepted),
      packet(signalled, 2, 5, refused)},
     real,
     true},
    {"third party cannot hijack",
     {signal(signalled), packet(real, 1, 10, learned), packet(stranger, 2, 11, refused),
      noise(stranger, refused), packet(real, 1, 11, accepted)},
     real,
     true},
    {"rebound NAT is followed, same SSRC",
     {signal(signalled), packet(real, 1, 10, learned), packet(other_port, 1, 11, learned),
      packet(other_port, 1, 12, accepted), packet(moved, 1, 13, learned)},
     moved,
     true},
    {"move by the tolerance of 536",
     {signal(signalled), packet(real, 1, 10, learned), packet(moved, 1, 546, learned)},
     moved,
     true},
    {"move beyond the tolerance",
     {signal(signalled), packet(real, 1, 10, learned), packet(moved, 1, 547, refused)},
     real,
     true},
    {"move with an older sequence number",
     {signal(signalled), packet(real, 1, 10, learned), packet(moved, 1, 9, refused)},
     real,
     true},
    {"move across the sequence number wrap",
     {signal(signalled), packet(real, 1, 65530, learned), packet(moved, 1, 3, learned)},
     moved,
     true},
    {"each move is measured from the last",
     {signal(signalled), packet(real, 1, 10, learned), packet(moved, 1, 500, learned),
      packet(real, 1, 1000, learned), packet(moved, 1, 999, refused)},
     real,
     true},
    {"recorded sequence number is refreshed after a second",
     {signal(signalled), packet(real, 1, 10, learned), wait(1s), packet(real, 1, 600, accepted),
      packet(moved, 1, 1100, learned)},
     moved,
     true},
    {"recorded sequence number is not refreshed within a second",
     {signal(signalled), packet(real, 1, 10, learned), wait(999ms), packet(real, 1, 600, accepted),
      packet(moved, 1, 601, refused)},
     real,
     true},
    {"a stranger's packets refresh nothing",
     {signal(signalled), packet(real, 1, 10, learned), wait(2s), packet(stranger, 1, 600, refused),
      packet(moved, 1, 601, refused), packet(moved, 1, 11, learned)},
     moved,
     true},
    {"new SSRC from the latched source is the new identity",
     {signal(signalled), packet(real, 1, 10, learned), packet(real, 7, 30000, accepted),
      packet(moved, 1, 11, refused), packet(moved, 7, 30001, learned)},
     moved,
     true},
    {"without RTP there is no identity to follow",
     {signal(signalled), noise(real, learned), noise(real, accepted), noise(stranger, refused),
      packet(real, 1, 10, accepted), packet(moved, 1, 11, refused)},
     real,
     true},
    {"another command makes room for a new source for 10 s, again and again",
     {signal(signalled), packet(real, 1, 10, learned), wait(60s), signal(signalled),
      packet(moved, 2, 40000, learned), wait(5s), packet(stranger, 3, 7, learned), wait(5s),
      packet(real, 4, 60000, learned), wait(1ms), packet(moved, 5, 60000, refused), signal(signalled),
      wait(10s), packet(moved, 5, 60000, learned)},
     moved,
     true},
    {"only RTP uses the room",
     {signal(signalled), packet(real, 1, 10, learned), signal(signalled), noise(moved, refused)},
     real,
     true},
    {"signalling never replaces a learned address",
     {signal(signalled), packet(real, 1, 10, learned), signal(signalled_later)},
     real,
     true},
    {"signalling replaces an address it was right about",
     {signal(signalled), packet(signalled, 1, 10, accepted), signal(signalled_later)},
     signalled_later,
     true},
    {"party is followed from there and back",
     {signal(signalled), packet(signalled, 1, 10, accepted), signal(signalled_later),
      packet(signalled_later, 2, 77, accepted), packet(signalled, 1, 11, learned),
      packet(signalled_later, 2, 78, learned)},
     signalled_later,
     true},
    {"no lock for 10 s after the second signalling",
     {signal(signalled), signal(signalled), packet(signalled, 1, 10, accepted), wait(9s),
      packet(signalled, 1, 460, accepted)},
     signalled,
     false},
    {"lock once these are over",
     {signal(signalled), signal(signalled), packet(signalled, 1, 10, accepted), wait(10001ms),
      packet(signalled, 1, 510, accepted), packet(stranger, 2, 1, refused), packet(moved, 1, 511, learned)},
     moved,
     true},
    {"learned within the 10 s: locked without identity, until the SSRC changes later",
     {signal(signalled), signal(signalled), packet(real, 1, 10, learned), packet(moved, 1, 11, refused),
      wait(11s), packet(real, 1, 500, accepted), packet(moved, 1, 501, refused), packet(real, 2, 9, accepted),
      packet(moved, 2, 10, learned)},
     moved,
     true},
    {"learned without signalling: cannot move, not even after a command",
     {packet(real, 1, 10, learned), packet(real, 1, 11, accepted), packet(moved, 1, 12, refused),
      signal(signalled), packet(moved, 1, 12, refused)},
     real,
     true},
    {"learned without signalling: moves after its SSRC has changed",
     {packet(real, 1, 10, learned), packet(real, 2, 900, accepted), packet(moved, 1, 11, refused),
      packet(moved, 2, 901, learned)},
     moved,
     true},
    {"learned without signalling: an SSRC change within the 10 s is not recorded",
     {packet(real, 1, 10, learned), signal(signalled), packet(real, 2, 900, accepted),
      packet(moved, 2, 901, refused), wait(11s), packet(real, 3, 5, accepted), packet(moved, 3, 6, learned)},
     moved,
     true},
    {"learned from noise: the first SSRC is no change",
     {noise(real, learned), packet(real, 1, 10, accepted), packet(moved, 1, 11, refused),
      packet(real, 2, 10, accepted), packet(moved, 2, 11, learned)},
     moved,
     true},
    {"an SSRC followed within the 10 s is not recorded, only its sequence number",
     {signal(signalled), packet(real, 1, 10, learned), signal(signalled), packet(moved, 2, 100, learned),
      wait(11s), packet(moved, 2, 5000, accepted), packet(stranger, 2, 5001, refused),
      packet(real, 1, 101, learned)},
     real,
     true},
    {"the first address, if never latched, is locked when the party is there after all",
     {signal(signalled), signal(signalled_later), packet(signalled, 1, 10, learned),
      packet(stranger, 1, 11, refused)},
     signalled,
     true},
    {"SSRC 0 does not latch", {signal(signalled), packet(signalled, 0, 10, accepted)}, signalled, false},
    {"SSRC 0 leaves room for the real one",
     {signal(signalled), packet(signalled, 0, 10, accepted), packet(real, 5, 10, learned),
      packet(stranger, 6, 11, refused)},
     real,
     true},
    {"SSRC 0, then noise: locked without identity",
     {signal(signalled), packet(signalled, 0, 10, accepted), noise(signalled, accepted),
      packet(moved, 0, 11, refused)},
     signalled,
     true},
    {"change to SSRC 0 does not unlatch",
     {signal(signalled), packet(real, 1, 10, learned), packet(real, 0, 20, accepted),
      packet(stranger, 3, 21, refused)},
     real,
     true},
};

void run(const script& each, const cast& roles) {
    leg party;
    int number = 0;
    for (const auto& step : each.steps) {
        BOOST_TEST_CONTEXT("step " << ++number) {
            switch (step.what) {
                case step::kind::wait:
                    party.wait(step.time);
                    break;
                case step::kind::signal:
                    party.signalled(roles.*step.who);
                    break;
                case step::kind::noise:
                    BOOST_TEST(party.rtp_from(roles.*step.who, no_rtp) == step.expected);
                    break;
                case step::kind::rtp:
                    BOOST_TEST(party.rtp_from(roles.*step.who, rtp(step.ssrc, step.sequence_number)) ==
                               step.expected);
                    break;
            }
        }
    }
    BOOST_TEST(party.rtp_remote() == (each.remote ? roles.*each.remote : endpoint{}));
    BOOST_TEST((party.rtp_latch.remote() == nullptr) == (each.remote == nullptr));
    BOOST_TEST(party.rtp_latch.latched() == each.latched);
}

}  // namespace

BOOST_AUTO_TEST_CASE(scripts_over_ipv4) {
    for (const auto& each : scripts) {
        BOOST_TEST_CONTEXT(each.name) {
            run(each, ipv4);
        }
    }
}

BOOST_AUTO_TEST_CASE(scripts_over_ipv6) {
    for (const auto& each : scripts) {
        BOOST_TEST_CONTEXT(each.name) {
            run(each, ipv6);
        }
    }
}

BOOST_AUTO_TEST_CASE(signalling_tells_whether_the_address_changed) {
    classic_latch latch{component::rtp};
    BOOST_TEST(latch.on_signalled(ipv4.signalled, time_point{}));
    BOOST_TEST(!latch.on_signalled(ipv4.signalled, time_point{}));
    BOOST_TEST(latch.on_signalled(ipv4.signalled_later, time_point{}));
    BOOST_TEST(latch.on_packet(ipv4.real, no_rtp, time_point{1h}).learned);
    BOOST_TEST(!latch.on_signalled(ipv4.signalled, time_point{1h}));
}

BOOST_AUTO_TEST_CASE(sequence_number_is_refreshed_while_the_stream_flows) {
    leg party;
    party.signalled(ipv4.signalled);
    unsigned number = 65000;
    BOOST_TEST(party.rtp_from(ipv4.real, rtp(1, number)) == learned);
    for (int i = 0; i < 5000; ++i) {
        party.wait(20ms);
        BOOST_REQUIRE(party.rtp_from(ipv4.real, rtp(1, ++number)) == accepted);
    }
    BOOST_TEST(party.rtp_from(ipv4.moved, rtp(1, ++number)) == learned);
}

BOOST_AUTO_TEST_CASE(two_legs_latch_each_on_its_own) {
    leg caller;
    leg callee;
    caller.signalled(ipv4.signalled);
    callee.signalled(ipv6.signalled);
    for (unsigned number = 0; number < 100; ++number) {
        const auto first = number == 0 ? learned : accepted;
        BOOST_TEST(caller.rtp_from(ipv4.real, rtp(1, number)) == first);
        BOOST_TEST(callee.rtp_from(ipv6.real, rtp(2, number)) == first);
        BOOST_TEST(caller.rtp_from(ipv4.stranger, rtp(2, number)) == refused);
        BOOST_TEST(callee.rtp_from(ipv6.stranger, rtp(1, number)) == refused);
    }
    // A command for the caller opens nothing on the other leg.
    caller.signalled(ipv4.signalled_later);
    BOOST_TEST(callee.rtp_from(ipv6.moved, rtp(9, 1)) == refused);
    BOOST_TEST(caller.rtp_from(ipv4.moved, rtp(9, 1)) == learned);
    BOOST_TEST(callee.rtp_from(ipv6.moved, rtp(2, 100)) == learned);
}

BOOST_AUTO_TEST_CASE(asymmetric_leg_accepts_its_host_from_any_port) {
    for (const auto* roles : {&ipv4, &ipv6}) {
        leg party;
        party.signalled(roles->real, true);
        BOOST_TEST(party.rtp_latch.asymmetric());
        BOOST_TEST(party.rtp_latch.latched());
        BOOST_TEST(party.rtcp_latch.latched());
        BOOST_TEST(party.rtp_from(roles->other_port, rtp(1, 10)) == accepted);
        BOOST_TEST(party.rtp_from(roles->real, no_rtp) == accepted);
        BOOST_TEST(party.rtp_from(roles->moved, rtp(1, 11)) == refused);
        BOOST_TEST(party.rtcp_from(roles->other_port) == accepted);
        BOOST_TEST(party.rtcp_from(roles->moved) == refused);
        BOOST_TEST(party.rtp_remote() == roles->real);
        BOOST_TEST(party.rtcp_remote() == endpoint(roles->real.address(), 5001));

        // Not even a fresh command opens it to others; a changed address does.
        party.signalled(roles->real, true);
        BOOST_TEST(party.rtp_from(roles->moved, rtp(1, 11)) == refused);
        party.signalled(roles->moved, true);
        BOOST_TEST(party.rtp_from(roles->other_port, rtp(1, 12)) == refused);
        BOOST_TEST(party.rtp_from(roles->moved, rtp(1, 12)) == accepted);
    }
}

BOOST_AUTO_TEST_CASE(asymmetric_leg_without_address_learns_once) {
    leg party;
    party.command(true);
    BOOST_TEST(party.rtp_from(ipv4.real, rtp(1, 10)) == learned);
    BOOST_TEST(party.rtcp_remote() == at("192.0.2.1", 5001));
    BOOST_TEST(party.rtp_from(ipv4.other_port, rtp(1, 11)) == accepted);
    BOOST_TEST(party.rtp_from(ipv4.moved, rtp(1, 12)) == refused);
    BOOST_TEST(party.rtp_remote() == ipv4.real);
}

BOOST_AUTO_TEST_CASE(leg_that_was_asymmetric_stays_latched) {
    leg party;
    party.signalled(ipv4.real, true);
    party.command(false);
    BOOST_TEST(!party.rtp_latch.asymmetric());
    BOOST_TEST(party.rtp_latch.latched());
    BOOST_TEST(party.rtp_from(ipv4.other_port, rtp(1, 10)) == refused);
    BOOST_TEST(party.rtp_from(ipv4.real, rtp(1, 10)) == accepted);
    BOOST_TEST(party.rtcp_from(ipv4.stranger) == refused);
}

BOOST_AUTO_TEST_CASE(rtcp_latches_on_its_first_source_for_good) {
    leg party;
    party.signalled(ipv4.signalled);
    BOOST_TEST(party.rtcp_remote() == at("10.0.0.5", 4001));
    BOOST_TEST(party.rtcp_from(at("192.0.2.1", 5001)) == learned);
    BOOST_TEST(party.rtcp_latch.latched());
    BOOST_TEST(party.rtcp_from(ipv4.stranger) == refused);
    party.signalled(ipv4.signalled);
    BOOST_TEST(party.rtcp_from(ipv4.stranger) == refused);
    BOOST_TEST(party.rtcp_from(at("192.0.2.1", 5001)) == accepted);
}

BOOST_AUTO_TEST_CASE(rtcp_never_overrides_even_with_a_header) {
    classic_latch latch{component::rtcp};
    const time_point start{1h};
    latch.on_signalled(ipv4.signalled, start);
    BOOST_TEST(latch.on_packet(ipv4.real, rtp(1, 10), start).learned);
    BOOST_TEST(!latch.on_packet(ipv4.moved, rtp(1, 11), start).accepted);
    latch.on_signalled(ipv4.signalled, start);
    BOOST_TEST(!latch.on_packet(ipv4.moved, rtp(1, 11), start).accepted);
}

BOOST_AUTO_TEST_CASE(rtcp_is_guessed_where_rtp_was_learned) {
    for (const auto* roles : {&ipv4, &ipv6}) {
        leg party;
        party.signalled(roles->signalled);
        BOOST_TEST(party.rtp_from(roles->real, rtp(1, 10)) == learned);
        BOOST_TEST(party.rtcp_remote() == endpoint(roles->real.address(), 5001));
        BOOST_TEST(!party.rtcp_latch.latched());

        // The guess yields to the first real source, which a rebound RTP port on that host leaves alone.
        BOOST_TEST(party.rtcp_from(roles->other_port) == learned);
        BOOST_TEST(party.rtp_from(roles->other_port, rtp(1, 11)) == learned);
        BOOST_TEST(party.rtcp_remote() == roles->other_port);
        BOOST_TEST(party.rtcp_latch.latched());

        // On another host all begins anew.
        BOOST_TEST(party.rtp_from(roles->moved, rtp(1, 12)) == learned);
        BOOST_TEST(party.rtcp_remote() == endpoint(roles->moved.address(), 6001));
        BOOST_TEST(!party.rtcp_latch.latched());
    }
}

BOOST_AUTO_TEST_CASE(rtcp_is_guessed_without_any_signalled_address) {
    leg party;
    BOOST_TEST(party.rtp_from(ipv4.real, rtp(1, 10)) == learned);
    BOOST_TEST(party.rtcp_remote() == at("192.0.2.1", 5001));
    // The guess is no distrust: signalling may still correct it.
    party.signalled(ipv4.signalled);
    BOOST_TEST(party.rtp_remote() == ipv4.real);
    BOOST_TEST(party.rtcp_remote() == at("10.0.0.5", 4001));
}

BOOST_AUTO_TEST_CASE(there_is_no_port_above_65535) {
    for (const auto* host : {"192.0.2.1", "2001:db8::1"}) {
        classic_latch latch{component::rtcp};
        BOOST_TEST(!latch.guess_from_rtp(at(host, 65535)));
        BOOST_TEST((latch.remote() == nullptr));
        BOOST_TEST(latch.guess_from_rtp(at(host, 65534)));
        BOOST_TEST(*latch.remote() == at(host, 65535));
        BOOST_TEST(!latch.guess_from_rtp(at(host, 1000)));
        BOOST_TEST(*latch.remote() == at(host, 65535));
    }
}

BOOST_AUTO_TEST_CASE(rtcp_back_at_its_former_address_is_not_locked_there) {
    classic_latch latch{component::rtcp};
    time_point now{1h};
    latch.on_signalled(ipv4.signalled, now);
    BOOST_TEST(latch.on_packet(ipv4.signalled, no_rtp, now).accepted);
    latch.on_signalled(ipv4.signalled_later, now);
    BOOST_TEST(latch.guess_from_rtp(ipv4.moved));

    // Late packets from the former address are followed within the 10 s, and do not keep the new one out.
    BOOST_TEST(latch.on_packet(ipv4.signalled, no_rtp, now).learned);
    BOOST_TEST(!latch.latched());
    BOOST_TEST(latch.on_packet(ipv4.moved, no_rtp, now + 1s).learned);
    BOOST_TEST(latch.latched());
    BOOST_TEST(!latch.on_packet(ipv4.signalled, no_rtp, now + 2s).accepted);
}
