#pragma once

#include "support/guarded_leg.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

namespace rtpproxy {
inline std::ostream& operator<<(std::ostream& out, drop_reason reason) {
    return out << to_string(reason);
}
}  // namespace rtpproxy

namespace rtpproxy::test {

inline const endpoint phone = at("192.0.2.1", 4000);          // where it says it is
inline const endpoint nat_port = at("192.0.2.1", 61000);      // the same host, as its NAT shows it
inline const endpoint new_nat_port = at("192.0.2.1", 61777);  // after the NAT forgot
inline const endpoint mobile = at("198.51.100.7", 6000);      // the same phone on another network
inline const endpoint private_address = at("192.168.1.5", 4000);
inline const endpoint media_server = at("198.51.100.99", 20000);
inline const endpoint attacker = at("203.0.113.66", 9000);

/// A leg that is locked to the phone, and its stream.
struct established {
    guarded_leg leg;
    rtp_stream voice;

    explicit established(const endpoint& signalled = phone, const endpoint& source = phone) {
        leg.signalled(signalled);
        leg.talk(source, voice, 50);
        BOOST_REQUIRE(leg.source() == source);
    }
};

/// What an attacker who has seen a packet of the stream can send.
inline rtp_stream copy_of(const rtp_stream& seen) {
    return seen;
}

}  // namespace rtpproxy::test
