#include "rtpproxy/services/call_services.hpp"

#include "rtpproxy/session/relay_packet.hpp"

#include <algorithm>
#include <utility>

namespace rtpproxy {
namespace {

using tap_kinds = std::bitset<4>;

constexpr std::size_t place_of(packet_tap::kind what) noexcept {
    return static_cast<std::size_t>(what);
}
constexpr unsigned long long bit_of(packet_tap::kind what) noexcept {
    return 1ULL << place_of(what);
}

constexpr tap_kinds all_tap_kinds{0b1111};
// What a session's own parties send while they hear another session: only who listens to this session wants
// it.
constexpr tap_kinds tap_kinds_of_unheard{bit_of(packet_tap::kind::feed)};
// What the parties hear of another session. It is not fed to a third one: no packet goes round among
// sessions.
constexpr tap_kinds tap_kinds_of_fed{bit_of(packet_tap::kind::recording) | bit_of(packet_tap::kind::copy)};

}  // namespace

void call_services::add_tap(side from, std::unique_ptr<packet_tap> tap) {
    auto& all = taps_[index(from)];
    const auto place =
        std::ranges::upper_bound(all, tap->what(), {}, [](const auto& each) { return each->what(); });
    all.insert(place, std::move(tap));
}

void call_services::make_room_for_tap(side from) {
    auto& all = taps_[index(from)];
    if (all.size() == all.capacity()) all.reserve(2 * all.size() + 1);
}

std::size_t call_services::remove_taps(side from, packet_tap::kind what) {
    return std::erase_if(taps_[index(from)], [what](const auto& each) { return each->what() == what; });
}

packet_tap* call_services::find_tap(side from, packet_tap::kind what) noexcept {
    const auto& all = taps_[index(from)];
    const auto found = std::ranges::find(all, what, [](const auto& each) { return each->what(); });
    return found == all.end() ? nullptr : found->get();
}

void call_services::remove_tap(side from, const packet_tap& tap) {
    std::erase_if(taps_[index(from)], [&](const auto& each) { return each.get() == &tap; });
}

std::size_t call_services::count_taps(side from, packet_tap::kind what) const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count(taps_[index(from)], what, [](const auto& each) { return each->what(); }));
}

bool call_services::hear(std::shared_ptr<session_feed> feed, side listener) {
    return fed_.add(std::move(feed), listener);
}

void call_services::play(side to, prompt_ptr found, asked_prompt asked) {
    auto& playing = players_[index(to)];
    playing.reset();
    playing = std::make_shared<player>(owner_, to, std::move(asked), std::move(found), environment_,
                                       told_of_disagreement_, [&playing] { playing.reset(); });
    playing->try_start();
}

void call_services::start_players() noexcept {
    for (auto& each : players_)
        if (each) each->try_start();
}

std::optional<drop_reason> call_services::in_the_way_of(const accepted_packet& packet) const noexcept {
    if (packet.which == component::rtp && players_[index(other(packet.from))]) return drop_reason::playing;
    return std::nullopt;
}

void call_services::catch_dtmf(side from, std::string tag, const dtmf_tap::request& asked) {
    if (auto* running = find_tap(from, packet_tap::kind::dtmf))
        static_cast<dtmf_tap*>(running)->change(asked);  // no other tap is of this kind
    else
        add_tap(from,
                std::make_unique<dtmf_tap>(environment_, owner_.call_id(), from, std::move(tag), asked));
}

void call_services::on_packet(const accepted_packet& packet) noexcept {
    if (auto& own = reframings_[index(packet.from)])
        if (const auto header = rtp_header_of(packet.which, packet.datagram))
            return own->on_packet(packet, *header);
    pass_on(packet);
}

void call_services::pass_on(const accepted_packet& packet) noexcept {
    const auto& in = owner_.leg_facing(packet.from).stream(packet.which);
    const bool from_us = may_come_from_us(in, packet.source);
    if (!fed_.empty()) {
        show_to_taps(packet, from_us, tap_kinds_of_unheard);
        return on_withheld(owner_, packet.from, packet.which, drop_reason::fed, environment_.statistics);
    }
    if (const auto reason = in_the_way_of(packet))
        return on_withheld(owner_, packet.from, packet.which, *reason, environment_.statistics);
    if (show_to_taps(packet, from_us, all_tap_kinds) == packet_tap::fate::swallow)
        return on_withheld(owner_, packet.from, packet.which, drop_reason::swallowed,
                           environment_.statistics);
    environment_.plane.forward(owner_, packet.from, packet.which, packet.datagram, packet.source);
}

void call_services::pass_on_fed(side listener, const fed_packet& packet) noexcept {
    const side from = other(listener);
    owner_.life.on_media(from, packet.when.second);
    if (packet.which == component::rtp && players_[index(listener)]) return;
    show_to_taps({from, packet.which, packet.datagram, packet.source, packet.when}, packet.from_us,
                 tap_kinds_of_fed);
    const auto to = owner_.leg_facing(listener).stream(packet.which).remote_is;
    if (packet.from_us && to == destination_kind::ours) return;
    environment_.plane.send_to_party(owner_, listener, packet.which, packet.datagram);
}

packet_tap::fate call_services::show_to_taps(const accepted_packet& packet, bool from_us,
                                             tap_kinds wanted) noexcept {
    auto fate = packet_tap::fate::pass;
    const auto& of_sender = taps_[index(packet.from)];
    if (of_sender.empty()) return fate;
    const auto header = rtp_header_of(packet.which, packet.datagram);
    const tapped_packet seen{
        packet.which, packet.datagram, header, packet.source, local_endpoint(packet.from, packet.which),
        packet.when,  from_us};
    for (const auto& each : of_sender)
        if (wanted[place_of(each->what())] && each->on_packet(seen) == packet_tap::fate::swallow)
            fate = packet_tap::fate::swallow;
    return fate;
}

endpoint call_services::local_endpoint(side from, component which) const noexcept {
    const leg& in = owner_.leg_facing(from);
    const auto offset = static_cast<std::uint16_t>(which);
    return {in.local->address, static_cast<std::uint16_t>(in.rtp_port + offset)};
}

void call_services::on_signalled(side party, description_kind kind) {
    reframe(party);
    for (auto& each : players_)
        if (each) each->on_signalled(kind);
}

/// Brings the re-framing of what `party` sends into line with its media description.
void call_services::reframe(side party) {
    const auto& packet_time = owner_.leg_facing(party).ptime;
    auto& own = reframings_[index(party)];
    if (own) {
        own->set_packet_time(packet_time);
        if (own->is_transparent()) own.reset();
    } else if (packet_time) {
        own = std::make_unique<reframing>(environment_, party, *packet_time,
                                          [this](const accepted_packet& packet) { pass_on(packet); });
    }
}

void call_services::on_address_learned(side) noexcept {
    start_players();
}

void call_services::on_session_end() noexcept {
    fed_.clear();
    for (const side each : both_sides)
        stop_playing(each);
    for (auto& each : taps_)
        each.clear();
    for (auto& each : reframings_)
        each.reset();
}

}  // namespace rtpproxy
