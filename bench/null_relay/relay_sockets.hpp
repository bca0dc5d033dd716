#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <optional>

namespace rtpproxy::bench {

/// One UDP socket of a session. What arrives on it leaves through `out` towards `out->peer`.
struct relay_port {
    unique_fd socket;
    relay_port* out = nullptr;
    sockaddr_in peer{};  ///< the signalled address of the party that this port faces
};

/// The four sockets of a session: RTP and RTCP towards each party.
struct relay_session {
    using leg = std::array<relay_port, 2>;  // RTP, RTCP
    leg facing_callee;
    leg facing_caller;
    std::uint16_t callee_port = 0;  ///< RTP port of facing_callee
    std::uint16_t caller_port = 0;  ///< RTP port of facing_caller; 0 until it is open
};

/// Opens port pairs on 127.0.0.1 one after another and has them watched by an epoll set.
class relay_sockets {
  public:
    /// `epoll` must outlive the object; events carry a relay_port* in data.ptr.
    explicit relay_sockets(int epoll) : epoll_(epoll) {}

    /// @returns the RTP port; empty when no pair could be opened.
    std::optional<std::uint16_t> open(relay_session::leg& leg);

  private:
    bool open(relay_port& port, std::uint16_t number) const;

    int epoll_;
    std::uint16_t next_ = first_port;

    static constexpr std::uint16_t first_port = 10000;
    static constexpr std::uint16_t last_port = 64998;
};

}  // namespace rtpproxy::bench
