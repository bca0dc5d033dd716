#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/rtp/repacketiser.hpp"
#include "rtpproxy/services/deadline_timer.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/packet_services.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace rtpproxy {

/// Re-frames the RTP of one party, and sends what waited too long by itself.
///
/// On the session's shard.
class reframing {
  public:
    /// Takes a packet that leaves. Must not destroy the reframing.
    using next_service = std::function<void(const accepted_packet&)>;

    /// `environment` must outlive the object.
    reframing(const service_environment& environment, side from, std::chrono::milliseconds packet_time,
              next_service next);
    reframing(const reframing&) = delete;
    reframing& operator=(const reframing&) = delete;
    /// Counts what it still holds as discarded.
    ~reframing();

    /// The packet time of the party's last media description; empty when it has none, and packets shall pass
    /// as they are.
    void set_packet_time(std::optional<std::chrono::milliseconds> packet_time);

    /// Whether packets pass without any change, so that the object is no longer needed.
    [[nodiscard]] bool is_transparent() const noexcept { return repacketiser_.is_transparent(); }

    /// Takes an RTP packet of the party and passes on what is due.
    void on_packet(const accepted_packet& packet, const rtp_header& header) noexcept;

  private:
    [[nodiscard]] bool try_push(const accepted_packet& packet, const rtp_header& header) noexcept;
    void pass_on_what_is_due(time_point now) noexcept;
    [[nodiscard]] moment moment_at(time_point now) const noexcept;

    const service_environment& environment_;
    const side from_;
    const next_service next_;
    repacketiser repacketiser_;
    endpoint source_;            ///< of the last packet
    time_point last_arrival_{};  ///< likewise
    deadline_timer timer_;
};

}  // namespace rtpproxy
