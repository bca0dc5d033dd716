#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/session/component.hpp"
#include "rtpproxy/session/inactivity.hpp"
#include "rtpproxy/session/moment.hpp"
#include "rtpproxy/session/side.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace rtpproxy {

/// A datagram that the latch of `from`'s leg took, and that is counted and analysed already.
struct accepted_packet {
    side from;
    component which;
    std::span<const std::byte> datagram;  ///< valid during the call only
    const endpoint& source;
    moment when;
};

/// What a media description is to the one before it (RFC 3264 §4).
enum class description_kind : unsigned char {
    offer,  ///< the other party's may not have followed yet
    answer,
};

/// What is done with a session's packets beside relaying them: recording, copying, playing and the like.
///
/// A session has none unless a command asked for one. With them, what happens to an accepted packet is up to
/// them: to send it on, or to count it as dropped. Belongs to the session's shard, as the session does.
class packet_services {
  public:
    virtual ~packet_services() = default;

    /// Takes over an accepted packet. Must not block.
    virtual void on_packet(const accepted_packet& packet) noexcept = 0;

    /// A media description of the party `party` was taken over.
    virtual void on_signalled(side party, description_kind kind) = 0;
    /// Media taught where the party `party` receives.
    virtual void on_address_learned(side party) noexcept = 0;
    /// The session has ended; its ports are still open, but no packet comes any more.
    virtual void on_session_end() noexcept = 0;
};

}  // namespace rtpproxy
