#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/session/component.hpp"
#include "rtpproxy/session/packet_services.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtpproxy {

/// A packet that a party sent, as the taps on it see it.
struct tapped_packet {
    component which;
    std::span<const std::byte> datagram;  ///< valid during the call only
    const std::optional<rtp_header>&
        header;              ///< of well-formed RTP; empty for everything else, and always for RTCP
    const endpoint& source;  ///< the party
    endpoint local;          ///< where it came in; the address may be a wildcard
    moment when;
    bool from_us = false;  ///< it came from a port of this program; see may_come_from_us()
};

/// Sees every packet that one party of a session sends to the other: a recording, a copy, the catching of
/// DTMF.
///
/// Everything runs on the session's shard; nothing may block.
class packet_tap {
  public:
    /// In the order in which the taps of a party see a packet.
    enum class kind : std::uint8_t { recording, dtmf, copy, feed };
    enum class fate : std::uint8_t {
        pass,
        swallow,  ///< the packet goes no further than to the other taps
    };

    packet_tap() = default;
    packet_tap(const packet_tap&) = delete;
    packet_tap& operator=(const packet_tap&) = delete;
    virtual ~packet_tap() = default;

    [[nodiscard]] virtual kind what() const noexcept = 0;
    virtual fate on_packet(const tapped_packet& packet) noexcept = 0;
};

}  // namespace rtpproxy
