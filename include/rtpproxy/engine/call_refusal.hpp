#pragma once

namespace rtpproxy {

/// How the controller is told that a new call is refused which another relay could take (`--refuse-calls`).
enum class call_refusal : unsigned char {
    error,     ///< by the error that says why: the call fails
    failover,  ///< by one at which OpenSIPS takes the next relay of the set, and this one not for a minute
    silence,   ///< not at all, which OpenSIPS and Kamailio take for a relay that is gone
};

/// Among the codes 7 to 10, which OpenSIPS fails over on; its meaning is another one in a command that does
/// not parse.
inline constexpr const char* failover_reply = "E10";

}  // namespace rtpproxy
