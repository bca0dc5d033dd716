#pragma once

#include "rtpproxy/session/arrival.hpp"
#include "rtpproxy/session/classic_latch.hpp"
#include "rtpproxy/session/component.hpp"
#include "rtpproxy/session/guarded_latch.hpp"
#include "rtpproxy/session/learning.hpp"
#include "rtpproxy/session/signalled_latch.hpp"

#include <variant>

namespace rtpproxy {

/// Decides which source may feed one port of a leg, and where packets to that party go (RFC 7362 latching),
/// by the learning policy of the leg. One latch for RTP, one for RTCP.
///
/// Pure: time and packets are arguments. Belongs to the leg's strand.
class address_latch {
  public:
    explicit address_latch(component which, learning_policy policy = learning_policy::guarded) noexcept;

    /// Changes the policy. What was learned under another one is forgotten, what was signalled is kept.
    void use(learning_policy policy, time_point now) noexcept;

    /// The controller signalled where the party receives.
    /// @returns whether remote() changed.
    bool on_signalled(const endpoint& address, time_point now) noexcept;

    /// `a` (true) or `s`/default (false) of the latest command for this leg.
    void set_asymmetric(bool asymmetric) noexcept;

    /// A datagram arrived. Called for every one: a packet from the latched source costs a comparison of
    /// addresses and a few stores.
    [[nodiscard]] latch_outcome on_packet(const arrival& packet) noexcept {
        if (auto* guarded = std::get_if<guarded_latch>(&latch_)) return guarded->on_packet(packet);
        return on_packet_unguarded(packet);
    }

    /// An accepted packet began a new SSRC, the first one of the leg included.
    void on_new_ssrc(const rtp_header& header, time_point now) noexcept;

    /// RTCP only: RTP of the same leg was learned from `rtp_source`, so RTCP is expected one port above it.
    /// A remote() on that host is kept; there is no port above 65535.
    /// @returns whether remote() changed.
    bool guess_from_rtp(const endpoint& rtp_source) noexcept;

    /// Where packets to this party are sent; null while unknown. Valid until the latch changes.
    [[nodiscard]] const endpoint* remote() const noexcept;
    /// Where packets to this party are sent as well for a while, as guarded_latch::also_at(); null: nowhere.
    [[nodiscard]] const endpoint* also_at(time_point now) const noexcept {
        const auto* guarded = std::get_if<guarded_latch>(&latch_);
        return guarded != nullptr ? guarded->also_at(now) : nullptr;
    }
    /// As guarded_latch::former(); null under other policies.
    [[nodiscard]] const endpoint* former() const noexcept {
        const auto* guarded = std::get_if<guarded_latch>(&latch_);
        return guarded != nullptr ? guarded->former() : nullptr;
    }
    /// The one source whose packets are taken as the party's; null while that is open, and under a policy
    /// that does not tell RTCP where to come from. Valid until the latch changes.
    [[nodiscard]] const endpoint* source() const noexcept;
    /// The latest signalled address; null when there was none, and under the policies that do not tell it from
    /// what was learned. Valid until the latch changes.
    [[nodiscard]] const endpoint* signalled() const noexcept;
    [[nodiscard]] learning_policy policy() const noexcept;

  private:
    [[nodiscard]] latch_outcome on_packet_unguarded(const arrival& packet) noexcept;

    std::variant<guarded_latch, classic_latch, signalled_latch> latch_;  // in the order of learning_policy
    component component_;
};

}  // namespace rtpproxy
