#include "rtpproxy/services/player.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/services/play_clock.hpp"
#include "rtpproxy/services/prompt_finder.hpp"
#include "rtpproxy/session/relay_packet.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace rtpproxy {
namespace {

std::span<const dynamic_payload> dynamic_payloads_of(const service_environment& environment) noexcept {
    if (environment.prompts == nullptr) return {};
    return environment.prompts->dynamic_payloads();
}

}  // namespace

player::player(session& owner, side to, asked_prompt asked, prompt_ptr found,
               const service_environment& environment, bool& told, finished_handler on_finished)
    : owner_(owner),
      to_(to),
      asked_(std::move(asked)),
      stream_(std::move(found), order_of(asked_, owner, to), environment.players.make_origin()),
      environment_(environment),
      told_(told),
      on_finished_(std::move(on_finished)) {
    tell_unless_agreed();
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
    if (start_ || silent_ || is_looking_up_) return;
    if (!owner_.is_complete() || destination_of(owner_, to_, component::rtp) == nullptr) return;
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
    if (silent_) return stream_.skip_packet();
    std::array<std::byte, prompt_stream::largest_packet> buffer;
    const auto packet = stream_.next_packet(buffer);
    if (environment_.plane.send_to_party(owner_, to_, component::rtp, packet))
        ++environment_.statistics.packets_played;
}

void player::on_all_done() noexcept {
    const auto finished = std::move(on_finished_);
    finished();  // the player may be gone now
}

prompt_choice player::choice() const {
    return {owner_, to_, dynamic_payloads_of(environment_)};
}

void player::on_signalled(description_kind kind) noexcept {
    is_settled_ = kind == description_kind::answer;
    try {
        revise();
    } catch (const std::exception&) {
        on_no_memory();
    }
    try_start();
}

void player::on_no_memory() const noexcept {
    log::err(owner_.call_id(), "no memory to play a prompt as newly described: it goes on as it was");
}

/// Sees to it that what is played is what the descriptions have.
void player::revise() {
    if (stream_.finished()) return;
    if (is_looking_up_) {
        is_outdated_ = true;
        return;
    }
    const auto present = stream_.format().payload_type;
    const auto wanted = choice().request(asked_, present);
    if (!wanted || environment_.prompts == nullptr) return;

    const auto formats = read_playable_formats(wanted->codecs, dynamic_payloads_of(environment_));
    present_will_do_ = std::ranges::find(formats, present, &frame_format::payload_type) != formats.end();
    if (!formats.empty() && formats.front().payload_type == present) {
        silent_ = false;
        return tell_unless_agreed();
    }
    if (auto found = environment_.prompts->find_recent(*wanted)) return go_on_in(std::move(found));
    environment_.prompts->find(*wanted, [weak = weak_from_this()](const prompt_lookup& result) {
        if (const auto self = weak.lock()) self->on_found(result);
    });
    is_looking_up_ = true;
}

void player::on_found(const prompt_lookup& result) noexcept {
    is_looking_up_ = false;
    try {
        if (std::exchange(is_outdated_, false))
            revise();
        else if (result.found)
            go_on_in(result.found);
        else if (!present_will_do_)
            fall_silent(result.reason);
    } catch (const std::exception&) {
        on_no_memory();
    }
    try_start();
}

void player::go_on_in(prompt_ptr found) {
    silent_ = false;
    if (stream_.finished()) return;
    if (found->format.payload_type != stream_.format().payload_type) {
        stream_.go_on_in(std::move(found), order_of(asked_, owner_, to_).packet_length);
        log::info(owner_.call_id(), "{} to the {} goes on in payload type {}", asked_.name, to_string(to_),
                  stream_.format().payload_type);
    }
    tell_unless_agreed();
}

void player::fall_silent(const std::string& reason) {
    silent_ = true;
    if (std::exchange(told_, true)) return;
    log::warn(owner_.call_id(), "{} cannot be played in what the {} receives now: {}", asked_.name,
              to_string(to_), reason);
}

/// While an offer waits for its answer they need not agree.
void player::tell_unless_agreed() {
    if (!is_settled_ || choice().is_agreed(stream_.format())) return;
    if (std::exchange(told_, true)) return;
    log::warn(owner_.call_id(),
              "{} is played to the {} in payload type {}, which is not in the descriptions of both parties",
              asked_.name, to_string(to_), stream_.format().payload_type);
}

}  // namespace rtpproxy
