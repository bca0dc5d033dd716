#pragma once

#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/session/session.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtpproxy {

/// The packet I/O of one shard: opens the ports of legs, moves what arrives on them as relay_packet() says.
///
/// This is the seam for other engines (batched, in-kernel): it is crossed when legs change and for packets of
/// sessions that have services, never for a packet that is only relayed. Everything runs on the shard.
class media_plane {
  public:
    /// A pair of ports that receives now.
    struct open_pair {
        port_pair_id id = no_port_pair;
        std::uint16_t rtp_port = 0;
    };

    virtual ~media_plane() = default;

    /// Opens a port pair on `local` for the leg of `owner` that faces `faces`. What arrives is relayed within
    /// `owner`, which must outlive the pair.
    ///
    /// Errors: `address_in_use` when no pair is free; what the kernel said otherwise
    /// (`address_not_available`: not on this host; `too_many_files_open`). `operation_in_progress`: other
    /// programs have the ports that were tried, and there are more to try; it may be asked again at once.
    [[nodiscard]] virtual boost::system::result<open_pair> open(const local_address_ptr& local,
                                                                std::uint8_t traffic_class, session& owner,
                                                                side faces) = 0;

    /// Closes a pair; nothing of it is touched afterwards.
    virtual void close(port_pair_id pair) noexcept = 0;

    /// IP TOS or IPv6 traffic class of what the pair sends.
    virtual boost::system::error_code set_traffic_class(port_pair_id pair, std::uint8_t value) = 0;

    /// Relays a datagram that services held back: routes it as route_packet() says, sends and counts it.
    virtual void forward(session& owner, side from, component which, std::span<const std::byte> datagram,
                         const endpoint& source) = 0;

    /// Sends a datagram that no party sent from the leg facing `to` to where that party receives, if
    /// find_way() has a way. Counts nothing.
    /// @returns whether it was sent: the leg is open, its party's address known, and the kernel took it.
    virtual bool send_to_party(session& owner, side to, component which,
                               std::span<const std::byte> datagram) = 0;
};

/// Hears from a media plane what happened to sessions. On the shard.
class media_observer {
  public:
    /// A packet of a session is about to be handled whose destinations were judged in another generation of
    /// media_destinations than the present one, or before an address was learned: they are to be judged now.
    virtual void on_destinations_outdated(session& session) noexcept = 0;

    /// A datagram for the party `to` was kept back, for the first time in the session for `why`. At once.
    virtual void on_destination_refused(session& session, side to, component which,
                                        drop_reason why) noexcept = 0;

    /// The latch of this port took the source of a packet as the party's address. This and the next one come
    /// after the batch of packets it happened in.
    virtual void on_address_learned(session& session, side party, component which) noexcept = 0;

    /// The latch of this port refused a packet from `source`, for the first time in the session for `why`.
    virtual void on_source_refused(session& session, side party, component which, const endpoint& source,
                                   drop_reason why) noexcept = 0;

  protected:
    ~media_observer() = default;
};

}  // namespace rtpproxy
