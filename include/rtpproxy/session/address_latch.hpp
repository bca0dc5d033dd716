#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include <cstdint>
#include <optional>

namespace rtpproxy {

/// Decides which source may feed one port of a leg, and where packets to that party go (RFC 7362 latching).
///
/// One latch for RTP, one for RTCP. Pure: time and packets are arguments. Belongs to the leg's strand.
class address_latch {
  public:
    enum class component : std::uint8_t { rtp, rtcp };

    explicit address_latch(component component) noexcept : component_(component) {}

    /// What the latch makes of one datagram.
    struct outcome {
        bool accepted = false;  ///< may be relayed
        bool learned = false;   ///< remote() is now the source of this datagram, and was not before
    };

    /// The controller signalled where the party receives.
    /// @returns whether remote() changed.
    bool on_signalled(const endpoint& address, time_point now) noexcept;

    /// `a` (true) or `s`/default (false) of the latest command for this leg.
    void set_asymmetric(bool asymmetric) noexcept;

    /// A datagram arrived from `source`; `header` is empty when it is not RTP (always for RTCP).
    [[nodiscard]] outcome on_packet(const endpoint& source, const std::optional<rtp_header>& header,
                                    time_point now) noexcept;

    /// An accepted packet began a new SSRC: remember it as the identity of the stream.
    void on_new_ssrc(const rtp_header& header, time_point now) noexcept;

    /// RTCP only: RTP of the same leg was learned from `rtp_source`, so RTCP is expected one port above it.
    /// @returns whether remote() changed.
    bool guess_from_rtp(const endpoint& rtp_source) noexcept;

    /// Where packets to this party are sent; null while unknown.
    [[nodiscard]] const endpoint* remote() const noexcept;
    [[nodiscard]] bool latched() const noexcept;
    [[nodiscard]] bool asymmetric() const noexcept;

  private:
    component component_;
};

}  // namespace rtpproxy
