#pragma once

#include "null_relay/relay_sockets.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rtpproxy::bench {

/// The sessions of the relay, under a subset of the rtpproxy control protocol: `U callid address port tag`,
/// `L callid address port tag tag`, `D callid tag tag`, `V`. Everything else is answered with E1.
///
/// No retransmission cache, no tags, no modifiers, no timeouts: just what a call needs.
class relay_control {
  public:
    explicit relay_control(relay_sockets& sockets) : sockets_(sockets) {}

    /// The reply to a datagram, cookie included.
    std::string answer(std::string_view datagram);

    /// Frees the sessions that ended; not while a port of theirs may still be in use.
    void collect_ended() { ended_.clear(); }

  private:
    struct words {
        std::string_view cookie, command, call_id, address, port;
    };
    [[nodiscard]] static words split(std::string_view datagram);

    std::string update(const words& said);
    std::string lookup(const words& said);
    std::string remove(const words& said);

    relay_sockets& sockets_;
    std::unordered_map<std::string, std::unique_ptr<relay_session>> sessions_;
    std::vector<std::unique_ptr<relay_session>> ended_;
};

}  // namespace rtpproxy::bench
