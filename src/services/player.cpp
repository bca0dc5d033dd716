#include "rtpproxy/services/player.hpp"

#include "rtpproxy/services/play_clock.hpp"
#include "rtpproxy/session/relay_packet.hpp"

#include <array>
#include <utility>

namespace rtpproxy {

player::player(session& owner, side to, const prompt_stream& stream, const service_environment& environment,
               finished_handler on_finished)
    : owner_(owner),
      to_(to),
      stream_(stream),
      environment_(environment),
      on_finished_(std::move(on_finished)) {
    ++environment_.statistics.players_created;
    set_held(true);
}

player::~player() {
    set_held(false);
    ++environment_.statistics.players_destroyed;
}

/// Meanwhile silence is no sign that the call is over; but neither is what is played one that it is not.
void player::set_held(bool held) const noexcept {
    const auto second = (environment_.players.now() - environment_.epoch) / std::chrono::seconds{1};
    owner_.life.set_held(to_, inactivity::hold_cause::prompt, held, static_cast<tick>(second));
}

void player::try_start() noexcept {
    if (start_ || !owner_.is_complete() || destination_of(owner_, to_, component::rtp) == nullptr) return;
    start_ = environment_.players.now();
    environment_.players.schedule(*this, *start_);
}

std::optional<time_point> player::do_due_work(time_point now) noexcept {
    if (now - (*start_ + stream_.due()) > longest_delay) start_ = now - stream_.due();
    while (!stream_.finished() && *start_ + stream_.due() <= now)
        send_next();
    if (stream_.finished()) return std::nullopt;
    return *start_ + stream_.due();
}

/// What cannot be sent is past all the same.
void player::send_next() noexcept {
    std::array<std::byte, prompt_stream::largest_packet> buffer;
    const auto packet = stream_.next_packet(buffer);
    if (environment_.plane.send_to_party(owner_, to_, component::rtp, packet))
        ++environment_.statistics.packets_played;
}

void player::on_all_done() noexcept {
    const auto finished = std::move(on_finished_);
    finished();  // the player may be gone now
}

}  // namespace rtpproxy
