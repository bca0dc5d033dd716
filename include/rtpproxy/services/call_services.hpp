#pragma once

#include "rtpproxy/services/packet_tap.hpp"
#include "rtpproxy/services/player.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/packet_services.hpp"
#include "rtpproxy/session/session.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace rtpproxy {

/// The media services of one session, and the order in which they see a packet.
///
/// Everything runs on the session's shard.
class call_services final : public packet_services {
  public:
    /// Both must outlive the services.
    call_services(session& owner, const service_environment& environment) noexcept
        : owner_(owner), environment_(environment) {}

    /// Adds a tap on what the party `from` sends. Taps of one kind see packets in the order they were added.
    void add_tap(side from, std::unique_ptr<packet_tap> tap);
    /// Takes away all taps of a kind. @returns how many there were.
    std::size_t remove_taps(side from, packet_tap::kind what);
    /// The first tap of a kind; null when there is none.
    [[nodiscard]] packet_tap* find_tap(side from, packet_tap::kind what) noexcept;

    /// Plays a prompt to the party `to`, in place of what is played to it now. RTP of the other party is
    /// dropped until it ends.
    void play(side to, prompt_ptr what, const play_order& order);
    /// Stops what is played to the party `to`, if anything.
    void stop_playing(side to) noexcept { players_[index(to)].reset(); }

    void on_packet(const accepted_packet& packet) noexcept override;
    void on_signalled(side party) override;
    void on_address_learned(side party) override;
    void on_session_end() override;

  private:
    using taps = std::vector<std::unique_ptr<packet_tap>>;

    /// Why the packet is not to be heard now, nor recorded; empty when it is.
    [[nodiscard]] std::optional<drop_reason> in_the_way_of(const accepted_packet& packet) const noexcept;
    void start_players();
    [[nodiscard]] packet_tap::fate show_to_taps(const accepted_packet& packet) noexcept;
    [[nodiscard]] endpoint local_endpoint(side from, component which) const noexcept;

    session& owner_;
    const service_environment& environment_;
    std::array<taps, 2> taps_;                        // by the party whose packets they see
    std::array<std::unique_ptr<player>, 2> players_;  // by the party that hears them
};

}  // namespace rtpproxy
