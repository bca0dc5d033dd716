#pragma once

#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/session/session.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstdint>

namespace rtpproxy {

/// The packet I/O of one shard: opens the ports of legs, moves what arrives on them as relay_packet() says.
///
/// This is the seam for other engines (batched, in-kernel): it is crossed when legs change, never for a
/// packet. Everything runs on the shard.
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
    /// (`address_not_available`: not on this host; `too_many_files_open`).
    [[nodiscard]] virtual boost::system::result<open_pair> open(const local_address_ptr& local,
                                                                std::uint8_t traffic_class, session& owner,
                                                                side faces) = 0;

    /// Closes a pair; nothing of it is touched afterwards.
    virtual void close(port_pair_id pair) = 0;

    /// IP TOS or IPv6 traffic class of what the pair sends.
    virtual boost::system::error_code set_traffic_class(port_pair_id pair, std::uint8_t value) = 0;
};

/// Hears from a media plane what happened to sessions, after the batch of packets it happened in. On the
/// shard.
class media_observer {
  public:
    /// The latch of this port took the source of a packet as the party's address.
    virtual void on_address_learned(session& session, side party, component which) = 0;

    /// The latch of this port refused a packet from `source`, for the first time in the session for `why`.
    virtual void on_source_refused(session& session, side party, component which, const endpoint& source,
                                   drop_reason why) = 0;

  protected:
    ~media_observer() = default;
};

}  // namespace rtpproxy
