#pragma once

#include "rtpproxy/services/dtmf_tap.hpp"
#include "rtpproxy/services/fed_media.hpp"
#include "rtpproxy/services/packet_tap.hpp"
#include "rtpproxy/services/player.hpp"
#include "rtpproxy/services/reframing.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/packet_services.hpp"
#include "rtpproxy/session/session.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
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
    /// After this add_tap() does not throw, once.
    void make_room_for_tap(side from);
    /// Takes away all taps of a kind. @returns how many there were.
    std::size_t remove_taps(side from, packet_tap::kind what);
    /// Takes away one tap, which must be here.
    void remove_tap(side from, const packet_tap& tap);
    /// How many taps of a kind there are.
    [[nodiscard]] std::size_t count_taps(side from, packet_tap::kind what) const noexcept;
    /// The first tap of a kind; null when there is none.
    [[nodiscard]] packet_tap* find_tap(side from, packet_tap::kind what) noexcept;

    /// Plays what was found for a prompt to the party `to`, in place of what is played to it now. RTP of the
    /// other party is dropped until it ends.
    void play(side to, prompt_ptr found, asked_prompt asked);
    /// Stops what is played to the party `to`, if anything.
    void stop_playing(side to) noexcept { players_[index(to)].reset(); }
    /// Calls `visit` with each tap of a kind, in order.
    template <typename Visitor>
    void for_each_tap(side from, packet_tap::kind what, Visitor visit) const {
        for (const auto& each : taps_[index(from)])
            if (each->what() == what) visit(*each);
    }

    /// From now on the parties hear another session's media in place of each other's; see fed_media::add().
    [[nodiscard]] bool hear(std::shared_ptr<session_feed> feed, side listener);
    /// Sends a packet of another session to the party `listener`. It is recorded and copied as if the other
    /// party had sent it, and keeps the session alive, but is not counted as relayed.
    void pass_on_fed(side listener, const fed_packet& packet) noexcept;

    /// From now on tells the controller which keys the party `from` presses. A party that it is told of
    /// already keeps its tag; the rest is as `asked`.
    void catch_dtmf(side from, std::string tag, const dtmf_tap::request& asked);

    void on_packet(const accepted_packet& packet) noexcept override;
    void on_signalled(side party, description_kind kind) override;
    void on_address_learned(side party) noexcept override;
    void on_session_end() noexcept override;

  private:
    void pass_on(const accepted_packet& packet) noexcept;
    void reframe(side party);

    using taps = std::vector<std::unique_ptr<packet_tap>>;

    /// Why the packet is not to be heard now, nor recorded; empty when it is.
    [[nodiscard]] std::optional<drop_reason> in_the_way_of(const accepted_packet& packet) const noexcept;
    void start_players() noexcept;
    packet_tap::fate show_to_taps(const accepted_packet& packet, bool from_us,
                                  std::bitset<4> wanted) noexcept;
    [[nodiscard]] endpoint local_endpoint(side from, component which) const noexcept;

    session& owner_;
    const service_environment& environment_;
    std::array<taps, 2> taps_;                              // by the party whose packets they see
    std::array<std::shared_ptr<player>, 2> players_;        // by the party that hears them
    std::array<std::unique_ptr<reframing>, 2> reframings_;  // by the party whose packets they re-frame
    bool told_of_disagreement_ = false;                     // what a prompt is played as
    fed_media fed_{*this};
};

}  // namespace rtpproxy
