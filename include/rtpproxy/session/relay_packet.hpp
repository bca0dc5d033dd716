#pragma once

#include "rtpproxy/session/packet_services.hpp"
#include "rtpproxy/session/session.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace rtpproxy {

/// What to do with one datagram.
struct relay_verdict {
    const endpoint* destination = nullptr;  ///< send it there from the other leg's port; null: it was dropped
    /// Send it there, too: the party may still be where it was before a new address was signalled. Usually
    /// null.
    const endpoint* also = nullptr;
    bool accepted = false;      ///< it is the party's, says the latch, whatever becomes of it
    bool for_services = false;  ///< accepted: the session's services say what happens to it
    bool after_kept = false;  ///< accepted: but end_trial() first, then the packets it returns, then this one
    bool learned = false;     ///< the latch now holds another address than before
    bool first_refusal = false;  ///< the first packet of the session that was refused for `refusal`
    drop_reason refusal{};  ///< why the latch refused it, or it may not go where the other party receives;
                            ///< means nothing unless `first_refusal`

    [[nodiscard]] bool forward() const noexcept { return destination != nullptr; }
};

/// The header of a datagram that arrived on the port for `which`; empty when it is RTCP or no RTP.
[[nodiscard]] std::optional<rtp_header> rtp_header_of(component which,
                                                      std::span<const std::byte> datagram) noexcept;

/// Decides where a datagram that arrived on `from`'s leg goes, and counts it.
///
/// Called for every packet: allocates nothing, takes no lock, never throws. On the session's shard. The
/// caller sends and then reports on_relayed() or on_send_failed().
[[nodiscard]] relay_verdict relay_packet(session& session, side from, component which,
                                         std::span<const std::byte> datagram, const endpoint& source,
                                         const moment& when, relay_statistics& statistics) noexcept;

/// relay_packet() without the question whether it is the party's packet: for those kept by trial_packets,
/// with the moment of their arrival, and for the one after them, which may have made the latch learn its
/// source.
[[nodiscard]] relay_verdict relay_accepted(session& session, side from, component which,
                                           std::span<const std::byte> datagram, const endpoint& source,
                                           bool learned, const moment& when,
                                           relay_statistics& statistics) noexcept;

/// The source whose packets wait for the trial of the other party; null: none. Once that is over they are
/// due, after the other's. Valid until the latch changes.
[[nodiscard]] const endpoint* who_waits(const session& session, side from, component which) noexcept;

/// A packet of `passed` was accepted: takes the packets that were on trial from the leg. Those of other
/// sources are refused now. May be null.
[[nodiscard]] std::unique_ptr<trial_packets> end_trial(session& session, side from, component which,
                                                       const endpoint& passed, time_point now,
                                                       relay_statistics& statistics) noexcept;

/// The session is over: packets that are still on trial are refused.
void refuse_all_on_trial(session& session, relay_statistics& statistics) noexcept;

/// The second half of relay_packet(), for packets that services let pass: decides where an accepted datagram
/// of `from`'s leg goes, or counts why it goes nowhere.
[[nodiscard]] relay_verdict route_packet(session& session, side from, component which,
                                         std::span<const std::byte> datagram, const endpoint& source,
                                         time_point now, relay_statistics& statistics) noexcept;

/// Whether what arrives at `in` from `source` may have been sent by this very program.
[[nodiscard]] bool may_come_from_us(const media_stream& in, const endpoint& source) noexcept;

/// A service keeps an accepted datagram from being relayed.
void on_withheld(session& session, side from, component which, drop_reason why,
                 relay_statistics& statistics) noexcept;

/// Where a datagram goes, or why it goes nowhere.
struct way_to_party {
    const endpoint* destination = nullptr;  ///< null: nowhere, for `obstacle`
    drop_reason obstacle{};
};

/// The way of a datagram to the party `to`. Whatever sends to parties asks here, so that nothing leaves for
/// where media_destinations does not permit it.
[[nodiscard]] way_to_party find_way(const session& session, side to, component which,
                                    std::span<const std::byte> datagram) noexcept;

/// Notes that a packet was refused for `why`. @returns whether it is the first one of the session.
[[nodiscard]] bool note_refusal(session& session, drop_reason why) noexcept;

/// Where the party `to` receives; null when that is not known, or nothing can be sent there. Says nothing
/// about what may be sent: see find_way().
[[nodiscard]] const endpoint* destination_of(const session& session, side to, component which) noexcept;

/// The datagram that relay_packet() or route_packet() wanted forwarded was sent.
void on_relayed(session& session, side from, component which, relay_statistics& statistics) noexcept;
/// The kernel refused to send it.
void on_send_failed(session& session, side from, component which, relay_statistics& statistics) noexcept;

}  // namespace rtpproxy
