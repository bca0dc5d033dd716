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
}

player::~player() {
    ++environment_.statistics.players_destroyed;
}

void player::try_start() {
    if (start_ || !owner_.is_complete() || destination_of(owner_, to_, component::rtp) == nullptr) return;
    start_ = environment_.players.now();
    environment_.players.schedule(*this, *start_);
}

std::optional<time_point> player::do_due_work(time_point now) noexcept {
    if (now - (*start_ + stream_.due()) > longest_delay) start_ = now - stream_.due();
    while (!stream_.finished() && *start_ + stream_.due() <= now)
        send_next(now);
    if (stream_.finished()) return std::nullopt;
    return *start_ + stream_.due();
}

/// What cannot be sent is past all the same.
void player::send_next(time_point now) noexcept {
    std::array<std::byte, prompt_stream::largest_packet> buffer;
    const auto packet = stream_.next_packet(buffer);
    if (!environment_.plane.send_to_party(owner_, to_, component::rtp, packet)) return;
    ++environment_.statistics.packets_played;
    // As if the other party had sent it.
    owner_.life.on_media(other(to_), static_cast<tick>((now - environment_.epoch) / std::chrono::seconds{1}));
}

void player::on_all_done() noexcept {
    const auto finished = std::move(on_finished_);
    finished();  // the player may be gone now
}

}  // namespace rtpproxy
