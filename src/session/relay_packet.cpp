#include "rtpproxy/session/relay_packet.hpp"

#include <algorithm>

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
void take_in(leg& in, component which, const arrival& packet, const latch_outcome& outcome) noexcept {
    media_stream& stream = in.stream(which);
    count_arrival(stream, packet.now);
    if (which != component::rtp) return;
    if (in.rtp_statistics.on_packet(packet.header, packet.now) && packet.header)
        stream.latch.on_new_ssrc(*packet.header, packet.now);
    if (outcome.learned) in.stream(component::rtcp).latch.guess_from_rtp(packet.source);
}

relay_verdict refuse(session& session, media_stream& stream, drop_reason reason,
                     relay_statistics& statistics) noexcept {
    ++stream.refused;
    count_drop(session, reason, statistics);
    const auto index = static_cast<std::size_t>(reason);
    const bool first = !session.refusals_told[index];
    session.refusals_told[index] = true;
    return {.first_refusal = first, .refusal = reason};
}

/// An accepted packet goes no further.
relay_verdict drop(session& session, media_stream& stream, drop_reason reason,
                   relay_statistics& statistics) noexcept {
    ++stream.dropped;
    count_drop(session, reason, statistics);
    return {};
}

}  // namespace

// An asymmetric party may send from any port of its host, and so from one of ours if the host is this one.
bool may_come_from_us(const media_stream& in, const endpoint& source) noexcept {
    if (in.remote_is_ours) return true;
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
    const arrival packet{source, header, datagram, in.teaching, rtp_source, when.now};
    const auto outcome = in_stream.latch.on_packet(packet);
    if (!outcome.accepted) return refuse(session, in_stream, outcome.refusal, statistics);

    take_in(in, which, packet, outcome);
    session.life.on_media(from, when.second);
    if (!in.budget.take(when.second)) {
        auto verdict = drop(session, in_stream, drop_reason::rate_limited, statistics);
        verdict.learned = outcome.learned;
        return verdict;
    }

    // 3. Is there more to do than relaying?
    if (session.services != nullptr) return {.for_services = true, .learned = outcome.learned};

    // 4. Where does the other party receive?
    auto verdict = route_packet(session, from, which, source, statistics);
    verdict.learned = outcome.learned;
    return verdict;
}

relay_verdict route_packet(session& session, side from, component which, const endpoint& source,
                           relay_statistics& statistics) noexcept {
    media_stream& in_stream = session.leg_facing(from).stream(which);
    const endpoint* destination = destination_of(session, other(from), which);
    if (destination == nullptr) return drop(session, in_stream, drop_reason::no_destination, statistics);
    const bool to_us = session.leg_facing(other(from)).stream(which).remote_is_ours;
    if (to_us && may_come_from_us(in_stream, source))
        return drop(session, in_stream, drop_reason::loop, statistics);
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
