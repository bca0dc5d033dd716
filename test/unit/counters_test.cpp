#define BOOST_TEST_MODULE counters
#include "rtpproxy/protocol/counters.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace rtpproxy;

BOOST_AUTO_TEST_CASE(names_and_counters_match_both_ways) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < global_counter_count; ++i) {
        const auto counter = static_cast<global_counter>(i);
        BOOST_TEST((global_counter_named(to_string(counter)) == counter));
        BOOST_TEST(names.insert(to_string(counter)).second);
    }
    for (std::size_t i = 0; i < session_counter_count; ++i) {
        const auto counter = static_cast<session_counter>(i);
        BOOST_TEST((session_counter_named(to_string(counter)) == counter));
    }
}

// Every name against its enumerator: one in the wrong place would still match both ways.
BOOST_AUTO_TEST_CASE(names_stand_for_the_right_counters) {
#define NAMES(kind, name) BOOST_TEST(to_string(kind::name) == #name)
    NAMES(global_counter, nsess_created);
    NAMES(global_counter, nsess_destroyed);
    NAMES(global_counter, nsess_timeout);
    NAMES(global_counter, nsess_complete);
    NAMES(global_counter, nsess_nortp);
    NAMES(global_counter, nsess_owrtp);
    NAMES(global_counter, nsess_nortcp);
    NAMES(global_counter, nsess_owrtcp);
    NAMES(global_counter, nplrs_created);
    NAMES(global_counter, nplrs_destroyed);
    NAMES(global_counter, npkts_rcvd);
    NAMES(global_counter, npkts_played);
    NAMES(global_counter, npkts_relayed);
    NAMES(global_counter, npkts_resizer_in);
    NAMES(global_counter, npkts_resizer_out);
    NAMES(global_counter, npkts_resizer_discard);
    NAMES(global_counter, npkts_discard);
    NAMES(global_counter, total_duration);
    NAMES(global_counter, ncmds_rcvd);
    NAMES(global_counter, ncmds_rcvd_ndups);
    NAMES(global_counter, ncmds_succd);
    NAMES(global_counter, ncmds_errs);
    NAMES(global_counter, ncmds_repld);
    NAMES(global_counter, rtpa_nsent);
    NAMES(global_counter, rtpa_nrcvd);
    NAMES(global_counter, rtpa_ndups);
    NAMES(global_counter, rtpa_nlost);
    NAMES(global_counter, rtpa_perrs);
    NAMES(global_counter, pps_in);
    NAMES(global_counter, nnotices_lost);
    NAMES(session_counter, ttl);
    NAMES(session_counter, npkts_ina);
    NAMES(session_counter, npkts_ino);
    NAMES(session_counter, nrelayed);
    NAMES(session_counter, ndropped);
    NAMES(session_counter, longest_ipi);
    NAMES(session_counter, rtpa_nsent);
    NAMES(session_counter, rtpa_nrcvd);
    NAMES(session_counter, rtpa_ndups);
    NAMES(session_counter, rtpa_nlost);
    NAMES(session_counter, rtpa_perrs);
    NAMES(session_counter, rtpa_jlast);
    NAMES(session_counter, rtpa_jmax);
    NAMES(session_counter, rtpa_javg);
#undef NAMES
}

BOOST_AUTO_TEST_CASE(unknown_names_are_denied) {
    for (const auto* name : {"", "nsess", "NSESS_CREATED", "nsess_created ", "pps", "\xff"}) {
        BOOST_TEST(!global_counter_named(name).has_value());
        BOOST_TEST(!session_counter_named(name).has_value());
    }
    BOOST_TEST(!global_counter_named("ttl").has_value());
    BOOST_TEST(!session_counter_named("pps_in").has_value());
}
