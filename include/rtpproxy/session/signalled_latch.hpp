#pragma once

#include "rtpproxy/session/arrival.hpp"

namespace rtpproxy {

/// The learning policy `signalled`: a port of a leg takes packets from where the controller said the party
/// is, and from nowhere else. Nothing is ever learned. Pure; belongs to the leg's strand.
class signalled_latch {
  public:
    /// The controller signalled where the party receives.
    /// @returns whether remote() changed.
    bool on_signalled(const endpoint& address) noexcept;

    /// `a` (true) or `s`/default (false) of the latest command for this leg: any port of the host may send.
    void set_asymmetric(bool asymmetric) noexcept { asymmetric_ = asymmetric; }

    [[nodiscard]] latch_outcome on_packet(const arrival& packet) const noexcept;

    /// Where packets to this party are sent; null while unknown.
    [[nodiscard]] const endpoint* remote() const noexcept { return known_ ? &remote_ : nullptr; }
    [[nodiscard]] bool asymmetric() const noexcept { return asymmetric_; }

  private:
    endpoint remote_;
    bool known_ = false;
    bool asymmetric_ = false;
};

}  // namespace rtpproxy
