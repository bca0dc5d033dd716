#define BOOST_TEST_MODULE call_services
#include "support/command_script.hpp"
#include "support/rtp_packets.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace rtpproxy {
namespace {

using test::command_script;
using test::make_endpoint;
using test::make_rtp;

/// Writes down what it sees.
class witness final : public packet_tap {
  public:
    witness(std::vector<std::string>& seen, std::string name, kind what, fate verdict = fate::pass)
        : seen_(seen), name_(std::move(name)), kind_(what), verdict_(verdict) {}

    kind what() const noexcept override { return kind_; }
    fate on_packet(const tapped_packet& packet) noexcept override {
        seen_.push_back(name_ +
                        (packet.which == component::rtcp ? " rtcp"
                         : packet.header                 ? " rtp"
                                                         : " other") +
                        " at " + std::to_string(packet.local.port()) + " from " +
                        std::to_string(packet.source.port()));
        return verdict_;
    }

  private:
    std::vector<std::string>& seen_;
    std::string name_;
    kind kind_;
    fate verdict_;
};

/// A complete call, caller's leg on port 30002, callee's on 30000.
struct served_call {
    served_call() {
        run("U c 10.0.0.1 4000 f");
        run("L c 10.0.0.2 5000 f t");
    }
    call_services& services() { return run.manager.services_of(*run.plane.at_port(30000)->owner); }
    const session& call() { return *run.plane.at_port(30000)->owner; }

    command_script run;
    std::vector<std::string> seen;
    const endpoint caller = make_endpoint("10.0.0.1", 4000);
    const std::vector<std::byte> rtp = make_rtp({});
};

BOOST_FIXTURE_TEST_CASE(a_session_whose_services_do_nothing_relays_as_before, served_call) {
    services();
    BOOST_CHECK_EQUAL(run.packet(caller, 30002, rtp).value(), make_endpoint("10.0.0.2", 5000));
    BOOST_REQUIRE_EQUAL(run.plane.sent.size(), 1u);
    BOOST_CHECK(run.plane.sent[0].datagram == rtp);
    BOOST_CHECK_EQUAL(run("Q c f t"), "60 1 0 1 0");
    BOOST_CHECK_EQUAL(run.statistics.packets_relayed.value(), 1u);
}

BOOST_FIXTURE_TEST_CASE(taps_see_packets_in_the_order_of_their_kinds, served_call) {
    services().add_tap(side::caller, std::make_unique<witness>(seen, "copy 1", packet_tap::kind::copy));
    services().add_tap(side::caller, std::make_unique<witness>(seen, "record", packet_tap::kind::recording));
    services().add_tap(side::caller, std::make_unique<witness>(seen, "copy 2", packet_tap::kind::copy));
    services().add_tap(side::callee, std::make_unique<witness>(seen, "callee", packet_tap::kind::recording));
    run.packet(caller, 30002, rtp);
    const std::vector<std::string> expected{"record rtp at 30002 from 4000", "copy 1 rtp at 30002 from 4000",
                                            "copy 2 rtp at 30002 from 4000"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(taps_are_told_what_a_packet_is, served_call) {
    services().add_tap(side::caller, std::make_unique<witness>(seen, "it is", packet_tap::kind::recording));
    run.packet(caller, 30002, rtp);
    run.packet(caller, 30002, std::vector<std::byte>(20, std::byte{1}));
    run.packet(make_endpoint("10.0.0.1", 4001), 30003, rtp);
    const std::vector<std::string> expected{"it is rtp at 30002 from 4000", "it is other at 30002 from 4000",
                                            "it is rtcp at 30003 from 4001"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_swallowed_packet_is_dropped_but_seen_by_all, served_call) {
    services().add_tap(side::caller, std::make_unique<witness>(seen, "dtmf", packet_tap::kind::dtmf,
                                                               packet_tap::fate::swallow));
    services().add_tap(side::caller, std::make_unique<witness>(seen, "copy", packet_tap::kind::copy));
    BOOST_CHECK(!run.packet(caller, 30002, rtp));
    BOOST_CHECK_EQUAL(seen.size(), 2u);
    BOOST_CHECK_EQUAL(run("Q c f t"), "60 1 0 0 1");
    BOOST_CHECK_EQUAL(call().drops[static_cast<std::size_t>(drop_reason::swallowed)], 1u);
}

BOOST_FIXTURE_TEST_CASE(refused_packets_reach_no_tap, served_call) {
    services().add_tap(side::caller, std::make_unique<witness>(seen, "tap", packet_tap::kind::copy));
    run.packet(caller, 30002, rtp);
    BOOST_CHECK(!run.packet(make_endpoint("10.9.9.9", 4000), 30002, rtp));
    BOOST_CHECK_EQUAL(seen.size(), 1u);
}

BOOST_FIXTURE_TEST_CASE(taps_are_taken_away_by_kind, served_call) {
    services().add_tap(side::caller, std::make_unique<witness>(seen, "copy", packet_tap::kind::copy));
    services().add_tap(side::caller, std::make_unique<witness>(seen, "dtmf", packet_tap::kind::dtmf));
    BOOST_CHECK(services().find_tap(side::caller, packet_tap::kind::copy) != nullptr);
    BOOST_CHECK(services().find_tap(side::callee, packet_tap::kind::copy) == nullptr);
    BOOST_CHECK_EQUAL(services().remove_taps(side::caller, packet_tap::kind::copy), 1u);
    BOOST_CHECK_EQUAL(services().remove_taps(side::caller, packet_tap::kind::copy), 0u);
    run.packet(caller, 30002, rtp);
    BOOST_TEST(seen == std::vector<std::string>{"dtmf rtp at 30002 from 4000"},
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_packet_without_destination_is_seen_and_counted_as_dropped, command_script) {
    (*this)("U d 10.0.0.1 4000 f");
    (*this)("L d 0.0.0.0 0 f t");
    std::vector<std::string> seen;
    auto& call = *plane.at_port(30000)->owner;
    manager.services_of(call).add_tap(side::caller,
                                      std::make_unique<witness>(seen, "tap", packet_tap::kind::recording));
    BOOST_CHECK(!packet(make_endpoint("10.0.0.1", 4000), 30002, make_rtp({})));
    BOOST_CHECK_EQUAL(seen.size(), 1u);
    BOOST_CHECK_EQUAL((*this)("Q d f t"), "3600 1 0 0 1");  // on hold
}

BOOST_FIXTURE_TEST_CASE(taps_end_with_the_session_though_its_ports_stay_open_for_a_while, served_call) {
    struct end_teller final : packet_tap {
        explicit end_teller(bool& told) : told_(told) {}
        ~end_teller() override { told_ = true; }
        kind what() const noexcept override { return kind::recording; }
        fate on_packet(const tapped_packet&) noexcept override { return fate::pass; }
        bool& told_;
    };
    bool ended = false;
    auto& owner = *run.plane.at_port(30000)->owner;
    services().add_tap(side::caller, std::make_unique<end_teller>(ended));
    run.manager.end(owner, end_reason::deleted, run.now());
    BOOST_CHECK(ended);
    BOOST_CHECK(!run.plane.pairs.empty());
}

}  // namespace
}  // namespace rtpproxy
