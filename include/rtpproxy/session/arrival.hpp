#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/session/drop_reason.hpp"
#include "rtpproxy/session/vouched_hosts.hpp"

#include <bitset>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace rtpproxy {

/// What a packet from an unknown source has to be before it may say where a party is.
struct teaching_rules {
    std::bitset<128> payload_types;  ///< signalled for the stream; none: any will do
    bool rtp_only = false;  ///< the stream was signalled as RTP; otherwise (fax, BFCP) any content will do

    /// Reads a list of payload types as the `c` modifier has it ("0,8,101") and adds it. What is no number
    /// from 0 to 127 is passed over.
    void add(std::string_view codecs) noexcept;
    [[nodiscard]] bool takes(const rtp_header& header) const noexcept {
        constexpr std::uint8_t comfort_noise = 13;  // RFC 3389; sent among any codec of 8 kHz, listed or not
        return payload_types.none() || payload_types[header.payload_type] ||
               header.payload_type == comfort_noise;
    }
};

/// A datagram that arrived on a port of a leg, as the latch of the port looks at it. Refers to the caller's
/// objects.
struct arrival {
    const endpoint& source;
    const std::optional<rtp_header>& header;  ///< empty: no RTP; always empty on the RTCP port
    std::span<const std::byte> datagram;
    const teaching_rules& teaching;
    const endpoint* rtp_source;  ///< on the RTCP port: where RTP of the leg is latched to; null: nowhere yet
    time_point now;
    const vouched_hosts* vouched = nullptr;  ///< null: nothing vouches for any host
};

/// What a latch makes of one datagram.
struct latch_outcome {
    bool accepted = false;  ///< may be relayed
    bool learned = false;   ///< remote() is now the source of this datagram, and was not before
    drop_reason refusal = drop_reason::source_refused;  ///< unless accepted
};

}  // namespace rtpproxy
