#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/session/arrival.hpp"
#include "rtpproxy/session/component.hpp"

#include <cstdint>
#include <optional>

namespace rtpproxy {

/// What the classic policy knows about one port of a party.
struct classic_latch_state {
    /// By what a latched stream is recognised when it comes from elsewhere.
    struct stream_identity {
        std::uint32_t ssrc = 0;
        std::uint16_t sequence_number = 0;  ///< a recent one
    };

    std::optional<endpoint> remote;           ///< where packets to the party go
    std::optional<endpoint> previous;         ///< the latched `remote` before signalling last replaced it
    std::optional<stream_identity> identity;  ///< RTP only; a latch without one never follows a moving source
    std::optional<time_point> updated_at;     ///< when an address was last signalled while `remote` was known
    time_point sequence_refreshed_at{};       ///< when `identity` last took a sequence number
    bool latched = false;                     ///< another source has to prove that it is the same stream
    bool untrusted = false;    ///< signalling was wrong or silent once: it changes `remote` no more
    bool asymmetric = false;   ///< the party receives where it said, and may send from any port there
    bool stream_seen = false;  ///< the first SSRC of the leg has passed
};

/// The learning policy `classic`, the rules of the classic rtpproxy (RFC 7362 latching): the first source
/// locks the latch; after that another source is followed if it continues the recorded stream (same SSRC, at
/// most 536 sequence numbers ahead), or for 10 s after the controller signalled an address again. One latch
/// for RTP, one for RTCP. Pure: time and packets are arguments. Belongs to the leg's strand.
class classic_latch {
  public:
    explicit classic_latch(component which) noexcept : component_(which) {}

    /// The controller signalled where the party receives.
    /// @returns whether remote() changed.
    bool on_signalled(const endpoint& address, time_point now) noexcept;

    /// `a` (true) or `s`/default (false) of the latest command for this leg. An asymmetric leg is latched at
    /// once, and stays latched when the flag goes.
    void set_asymmetric(bool asymmetric) noexcept;

    /// A datagram arrived from `source`; `header` is empty when it is not RTP (always for RTCP).
    [[nodiscard]] latch_outcome on_packet(const endpoint& source, const std::optional<rtp_header>& header,
                                          time_point now) noexcept;

    /// An accepted packet began a new SSRC: remember it as the identity of the stream.
    ///
    /// To be called for the first SSRC of the leg as well, which is not a change: `on_packet()` has already
    /// recorded it, or had a reason not to. So a party whose address was learned without any signalled
    /// address gets no identity, and cannot move, until it changes its SSRC.
    void on_new_ssrc(const rtp_header& header, time_point now) noexcept;

    /// RTCP only: RTP of the same leg was learned from `rtp_source`, so RTCP is expected one port above it.
    /// A remote() on that host is kept; there is no port above 65535.
    /// @returns whether remote() changed.
    bool guess_from_rtp(const endpoint& rtp_source) noexcept;

    /// Where packets to this party are sent; null while unknown. Valid until the latch changes.
    [[nodiscard]] const endpoint* remote() const noexcept {
        return state_.remote ? &*state_.remote : nullptr;
    }
    [[nodiscard]] bool latched() const noexcept { return state_.latched; }
    [[nodiscard]] bool asymmetric() const noexcept { return state_.asymmetric; }

  private:
    [[nodiscard]] latch_outcome judge(const endpoint& source, const std::optional<rtp_header>& header,
                                      time_point now) noexcept;
    [[nodiscard]] bool within_update_window(time_point now) const noexcept;
    [[nodiscard]] bool may_override(const std::optional<rtp_header>& header, time_point now) const noexcept;
    void latch(const std::optional<rtp_header>& header, time_point now) noexcept;
    void learn(const endpoint& source) noexcept;
    void record_sequence(const rtp_header& header, time_point now) noexcept;
    void refresh_sequence(const rtp_header& header, time_point now) noexcept;

    classic_latch_state state_;
    component component_;
};

}  // namespace rtpproxy
