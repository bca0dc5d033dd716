#pragma once

#include "rtpproxy/session/session.hpp"

#include <cstddef>
#include <span>

namespace rtpproxy {

/// What to do with one datagram.
struct relay_verdict {
    const endpoint* destination = nullptr;  ///< send it there from the other leg's port; null: it was dropped
    bool learned = false;                   ///< the latch now holds another address than before
    bool first_refusal = false;  ///< the first packet of the session that was refused for `refusal`
    drop_reason refusal{};       ///< why the latch refused it; means nothing unless `first_refusal`

    [[nodiscard]] bool forward() const noexcept { return destination != nullptr; }
};

/// When a datagram is handled, on both clocks.
struct moment {
    time_point now;
    tick second;
};

/// Decides where a datagram that arrived on `from`'s leg goes, and counts it.
///
/// Called for every packet: allocates nothing, takes no lock, never throws. On the session's shard. The
/// caller sends and then reports on_relayed() or on_send_failed().
[[nodiscard]] relay_verdict relay_packet(session& session, side from, component which,
                                         std::span<const std::byte> datagram, const endpoint& source,
                                         const moment& when, relay_statistics& statistics) noexcept;

/// The datagram that relay_packet() wanted forwarded was sent.
void on_relayed(session& session, side from, component which, relay_statistics& statistics) noexcept;
/// The kernel refused to send it.
void on_send_failed(session& session, side from, component which, relay_statistics& statistics) noexcept;

}  // namespace rtpproxy
