#include "rtpproxy/session/relay_packet.hpp"

#include "rtpproxy/rtp/media_datagram.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace rtpproxy {
namespace {

void count_drop(session& session, drop_reason reason, relay_statistics& statistics) noexcept {
    ++session.drops[static_cast<std::size_t>(reason)];
    ++statistics.drops[static_cast<std::size_t>(reason)];
    ++statistics.packets_discarded;
}

void count_arrival(media_stream& stream, time_point now) noexcept {
    if (stream.received++ == 0)
        stream.first_packet = now;
    else
        stream.longest_gap = std::max(stream.longest_gap, now - stream.last_packet);
    stream.last_packet = now;
}

/// Counts and analyses an accepted packet.
void take_in(leg& in, component which, const arrival& packet, time_point arrived) noexcept {
    media_stream& stream = in.stream(which);
    count_arrival(stream, arrived);
    if (which != component::rtp) return;
    if (in.rtp_statistics.on_packet(packet.header, arrived) && packet.header)
        stream.latch.on_new_ssrc(*packet.header, packet.now);
}

/// The party was found at `source`.
void note_learned(session& session, leg& in, component which, const endpoint& source) noexcept {
    session.destinations_judged = 0;
    if (which == component::rtp) in.stream(component::rtcp).latch.guess_from_rtp(source);
}

/// Whether nobody has been believed there yet, and somebody is about to be.
bool is_on_trial(const media_stream& stream) noexcept {
    return stream.on_trial && !stream.on_trial->waits_for_other() && stream.received == 0;
}

relay_verdict refuse(session& session, media_stream& stream, drop_reason reason,
                     relay_statistics& statistics) noexcept {
    ++stream.refused;
    count_drop(session, reason, statistics);
    return {.first_refusal = note_refusal(session, reason), .refusal = reason};
}

/// Whether packets on trial may be the first ones of the party, or the first from another place: nobody else
/// is being heard.
bool is_waited_for(const media_stream& stream, time_point now) noexcept {
    constexpr auto pause = std::chrono::milliseconds{100};
    return stream.received == 0 || now - stream.last_packet > pause;
}

/// Packets on trial that come to nothing.
void refuse_kept(session& session, media_stream& stream, std::size_t packets,
                 relay_statistics& statistics) noexcept {
    for (; packets != 0; --packets)
        static_cast<void>(refuse(session, stream, drop_reason::on_trial, statistics));
}

relay_verdict put_on_trial(session& session, media_stream& stream, const arrival& packet, const moment& when,
                           relay_statistics& statistics) noexcept {
    const relay_verdict verdict{.first_refusal = note_refusal(session, drop_reason::on_trial),
                                .refusal = drop_reason::on_trial};
    const bool others_wait = stream.on_trial && stream.on_trial->waits_for_other();
    if (others_wait || !is_waited_for(stream, when.now)) {
        refuse_kept(session, stream, 1, statistics);
        return verdict;
    }
    if (!stream.on_trial) stream.on_trial.reset(new (std::nothrow) trial_packets);
    const auto lost = stream.on_trial ? stream.on_trial->keep(packet.source, packet.datagram, when) : 1;
    refuse_kept(session, stream, lost, statistics);
    return verdict;
}

bool is_signalled(const media_stream& stream, const endpoint& source) noexcept {
    const endpoint* const signalled = stream.latch.signalled();
    return signalled != nullptr && same_endpoint(*signalled, source);
}

/// An accepted packet goes no further.
relay_verdict drop(session& session, media_stream& stream, drop_reason reason,
                   relay_statistics& statistics) noexcept {
    ++stream.dropped;
    count_drop(session, reason, statistics);
    return {};
}

/// A neighbour of this host is sent more than RTP once it was seen to speak media itself.
void note_neighbour(media_stream& stream, const arrival& packet) noexcept {
    const endpoint* const remote = stream.latch.remote();
    if (remote == nullptr || !same_endpoint(*remote, packet.source)) return;
    if (same_endpoint(stream.media_heard_from, packet.source)) return;
    if (recognise_datagram(packet.datagram) != datagram_kind::other) stream.media_heard_from = packet.source;
}

/// Whether a datagram is media that a neighbour of this host takes, which receives at the other end of `out`.
/// Other services of the host must not be reached through this program, so it has to look like media. What is
/// not RTP could be meant for them all the same, unless the neighbour speaks media itself; but fax begins
/// with whoever has to say something.
bool suits_neighbour(const leg& facing, const media_stream& out, const endpoint& destination,
                     std::span<const std::byte> datagram) noexcept {
    const auto kind = recognise_datagram(datagram);
    if (kind == datagram_kind::rtp) return true;
    const bool is_fax =
        kind == datagram_kind::udptl || (kind == datagram_kind::other && may_be_udptl(datagram));
    if (is_fax && !facing.teaching.rtp_only && !begins_like_text(datagram)) return true;
    return kind != datagram_kind::other && same_endpoint(out.media_heard_from, destination);
}

/// What keeps a datagram from a destination of that kind; empty: nothing.
std::optional<drop_reason> find_obstacle(const leg& facing, const media_stream& out, destination_kind kind,
                                         const endpoint& destination,
                                         std::span<const std::byte> datagram) noexcept {
    switch (kind) {
        case destination_kind::open:
        case destination_kind::ours:
            break;
        case destination_kind::neighbour:
            if (suits_neighbour(facing, out, destination, datagram)) break;
            return drop_reason::not_for_neighbour;
        case destination_kind::forbidden:
            return drop_reason::forbidden_destination;
    }
    return std::nullopt;
}

/// Where the party was, if it may still be there and the datagram may go there; else null.
const endpoint* former_place(const leg& facing, component which, std::span<const std::byte> datagram,
                             time_point now) noexcept {
    const media_stream& out = facing.stream(which);
    const endpoint* const former = out.latch.also_at(now);
    if (former == nullptr || out.former_is == destination_kind::ours) return nullptr;
    return find_obstacle(facing, out, out.former_is, *former, datagram) ? nullptr : former;
}

/// 3. What is there to do with a packet that the latch took?
relay_verdict relay_accepted(session& session, side from, const arrival& packet, component which,
                             bool learned, const moment& when, relay_statistics& statistics) noexcept {
    leg& in = session.leg_facing(from);
    media_stream& in_stream = in.stream(which);
    take_in(in, which, packet, when.arrival());
    if (learned) note_learned(session, in, which, packet.source);
    if (in_stream.remote_is == destination_kind::neighbour) note_neighbour(in_stream, packet);
    session.life.on_media(from, when.second);
    if (!in.budget.take(when.second)) {
        auto verdict = drop(session, in_stream, drop_reason::rate_limited, statistics);
        verdict.accepted = true;
        verdict.learned = learned;
        return verdict;
    }

    // Is there more to do than relaying?
    if (session.services != nullptr) return {.accepted = true, .for_services = true, .learned = learned};

    // Where does the other party receive?
    auto verdict = route_packet(session, from, which, packet.datagram, packet.source, when.now, statistics);
    verdict.accepted = true;
    verdict.learned = learned;
    return verdict;
}

}  // namespace

bool note_refusal(session& session, drop_reason why) noexcept {
    const auto index = static_cast<std::size_t>(why);
    const bool first = !session.refusals_told[index];
    session.refusals_told[index] = true;
    return first;
}

// An asymmetric party may send from any port of its host, and so from one of ours if the host is this one.
bool may_come_from_us(const media_stream& in, const endpoint& source) noexcept {
    if (in.remote_is == destination_kind::ours) return true;
    const endpoint* remote = in.latch.remote();
    return in.ours_on_its_host.contains(source.port()) && remote != nullptr &&
           !same_endpoint(*remote, source);
}

std::optional<rtp_header> rtp_header_of(component which, std::span<const std::byte> datagram) noexcept {
    if (which == component::rtcp || looks_like_rtcp(datagram)) return std::nullopt;
    return read_rtp_header(datagram);
}

relay_verdict relay_packet(session& session, side from, component which, std::span<const std::byte> datagram,
                           const endpoint& source, const moment& when,
                           relay_statistics& statistics) noexcept {
    // 1. Nothing is learned before both parties can be served.
    if (!session.is_complete()) {
        count_drop(session, session.is_over ? drop_reason::session_over : drop_reason::early, statistics);
        return {};
    }
    ++statistics.packets_received;

    // 2. May this source feed the leg?
    leg& in = session.leg_facing(from);
    media_stream& in_stream = in.stream(which);
    const auto header = rtp_header_of(which, datagram);
    const endpoint* rtp_source =
        which == component::rtcp ? in.stream(component::rtp).latch.source() : nullptr;
    const bool is_stale = header && in.strangers && in.strangers->sent(source, *header);
    if (is_stale && !is_signalled(in_stream, source))
        return refuse(session, in_stream, drop_reason::former_call, statistics);
    const arrival packet{source, header, datagram, in.teaching, rtp_source, when.now, in.vouched.get()};
    const auto outcome = in_stream.latch.on_packet(packet);
    if (!outcome.accepted && outcome.refusal == drop_reason::on_trial)
        return put_on_trial(session, in_stream, packet, when, statistics);
    if (!outcome.accepted) return refuse(session, in_stream, outcome.refusal, statistics);
    if (in_stream.on_trial) {
        const media_stream& out = session.leg_facing(other(from)).stream(which);
        if (!is_on_trial(out) || !in_stream.on_trial->may_wait(datagram.size(), when.now))
            return {.accepted = true, .after_kept = true, .learned = outcome.learned};
        if (outcome.learned) note_learned(session, in, which, source);
        in_stream.on_trial->wait_for_other();
        refuse_kept(session, in_stream, in_stream.on_trial->keep(source, datagram, when), statistics);
        return {.accepted = true, .learned = outcome.learned};
    }
    return relay_accepted(session, from, packet, which, outcome.learned, when, statistics);
}

relay_verdict relay_accepted(session& session, side from, component which,
                             std::span<const std::byte> datagram, const endpoint& source, bool learned,
                             const moment& when, relay_statistics& statistics) noexcept {
    const arrival packet{source,   rtp_header_of(which, datagram),
                         datagram, session.leg_facing(from).teaching,
                         nullptr,  when.now,
                         nullptr};
    return relay_accepted(session, from, packet, which, learned, when, statistics);
}

std::unique_ptr<trial_packets> end_trial(session& session, side from, component which, const endpoint& passed,
                                         time_point now, relay_statistics& statistics) noexcept {
    media_stream& stream = session.leg_facing(from).stream(which);
    auto kept = std::move(stream.on_trial);
    if (kept) refuse_kept(session, stream, kept->leave_only(passed, now), statistics);
    return kept;
}

const endpoint* who_waits(const session& session, side from, component which) noexcept {
    const media_stream& stream = session.leg_facing(from).stream(which);
    const bool waits = stream.on_trial && stream.on_trial->waits_for_other();
    return waits ? stream.latch.source() : nullptr;
}

void refuse_all_on_trial(session& session, relay_statistics& statistics) noexcept {
    for (const side s : both_sides)
        for (auto& stream : session.leg_facing(s).streams)
            if (const auto kept = std::move(stream.on_trial))
                refuse_kept(session, stream, kept->packets().size(), statistics);
}

relay_verdict route_packet(session& session, side from, component which, std::span<const std::byte> datagram,
                           const endpoint& source, time_point now, relay_statistics& statistics) noexcept {
    media_stream& in_stream = session.leg_facing(from).stream(which);
    const auto [destination, obstacle] = find_way(session, other(from), which, datagram);
    if (destination == nullptr) {
        auto verdict = drop(session, in_stream, obstacle, statistics);
        verdict.refusal = obstacle;
        verdict.first_refusal = obstacle != drop_reason::no_destination && note_refusal(session, obstacle);
        return verdict;
    }
    const auto to = session.leg_facing(other(from)).stream(which).remote_is;
    if (to == destination_kind::ours && may_come_from_us(in_stream, source))
        return drop(session, in_stream, drop_reason::loop, statistics);
    return {.destination = destination,
            .also = former_place(session.leg_facing(other(from)), which, datagram, now)};
}

way_to_party find_way(const session& session, side to, component which,
                      std::span<const std::byte> datagram) noexcept {
    const endpoint* const destination = destination_of(session, to, which);
    if (destination == nullptr) return {.obstacle = drop_reason::no_destination};
    const leg& facing = session.leg_facing(to);
    const auto obstacle =
        find_obstacle(facing, facing.stream(which), facing.stream(which).remote_is, *destination, datagram);
    if (obstacle) return {.obstacle = *obstacle};
    return {.destination = destination};
}

const endpoint* destination_of(const session& session, side to, component which) noexcept {
    const endpoint* remote = session.leg_facing(to).stream(which).latch.remote();
    return remote != nullptr && remote->port() != 0 ? remote : nullptr;
}

void on_withheld(session& session, side from, component which, drop_reason why,
                 relay_statistics& statistics) noexcept {
    static_cast<void>(drop(session, session.leg_facing(from).stream(which), why, statistics));
}

void on_relayed(session& session, side from, component which, relay_statistics& statistics) noexcept {
    ++session.leg_facing(from).stream(which).relayed;
    ++statistics.packets_relayed;
}

void on_send_failed(session& session, side from, component which, relay_statistics& statistics) noexcept {
    ++session.leg_facing(from).stream(which).dropped;
    count_drop(session, drop_reason::send_failed, statistics);
}

}  // namespace rtpproxy
