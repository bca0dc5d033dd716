#pragma once

#include "rtpproxy/rtp/dtmf_detector.hpp"
#include "rtpproxy/services/deadline_timer.hpp"
#include "rtpproxy/services/packet_tap.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/session.hpp"

#include <cstdint>
#include <string>

namespace rtpproxy {

/// Tells the controller which keys a party presses (telephone events, RFC 4733): one notice a digit,
/// `tag digit volume duration side`, where side is 0 for the caller and 1 for the callee.
///
/// A party can press 32 keys a second; more are not told, so that nobody floods the controller with them.
class dtmf_tap final : public packet_tap {
  public:
    /// What may be asked for again while it runs.
    struct request {
        std::uint8_t payload_type = 101;  ///< of the events
        bool swallow = false;             ///< whether packets of that type are kept from the other party
        std::uint32_t notify_target = 0;  ///< of the notifier
    };

    /// `environment` must outlive the tap.
    dtmf_tap(const service_environment& environment, std::string call_id, side from, std::string tag,
             const request& asked);

    void change(const request& asked) noexcept { asked_ = asked; }

    [[nodiscard]] kind what() const noexcept override { return kind::dtmf; }
    fate on_packet(const tapped_packet& packet) noexcept override;

  private:
    void report(time_point now) noexcept;
    void tell_controller(const dtmf_digit& digit) noexcept;

    const service_environment& environment_;
    const std::string call_id_;
    const side from_;
    const std::string tag_;
    request asked_;
    dtmf_detector detector_;
    packet_budget notices_;
    deadline_timer timer_;
};

}  // namespace rtpproxy
