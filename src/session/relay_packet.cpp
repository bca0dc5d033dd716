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

std::optional<rtp_header> rtp_header_of(component which, std::span<const std::byte> datagram) noexcept {
    if (which == component::rtcp || looks_like_rtcp(datagram)) return std::nullopt;
    return read_rtp_header(datagram);
}

/// Latches, counts and analyses; the outcome of the latch.
address_latch::outcome receive(leg& in, component which, std::span<const std::byte> datagram,
                               const endpoint& source, time_point now) noexcept {
    media_stream& stream = in.stream(which);
    const auto header = rtp_header_of(which, datagram);
    const auto outcome = stream.latch.on_packet(source, header, now);
    if (!outcome.accepted) return outcome;

    count_arrival(stream, now);
    if (which == component::rtp) {
        if (outcome.learned) in.stream(component::rtcp).latch.guess_from_rtp(source);
        if (in.rtp_statistics.on_packet(header, now) && header) stream.latch.on_new_ssrc(*header, now);
    }
    return outcome;
}

}  // namespace

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
    const auto outcome = receive(in, which, datagram, source, when.now);
    media_stream& in_stream = in.stream(which);
    if (!outcome.accepted) {
        ++in_stream.refused;
        count_drop(session, drop_reason::source_refused, statistics);
        return {};
    }
    session.life.on_media(from, when.second);

    // 3. Where does the other party receive?
    const media_stream& out_stream = session.leg_facing(other(from)).stream(which);
    const endpoint* destination = out_stream.latch.remote();
    if (destination == nullptr || destination->port() == 0) {
        ++in_stream.dropped;
        count_drop(session, drop_reason::no_destination, statistics);
        return {.destination = nullptr, .learned = outcome.learned};
    }
    if (in_stream.remote_is_ours && out_stream.remote_is_ours) {
        ++in_stream.dropped;
        count_drop(session, drop_reason::loop, statistics);
        return {.destination = nullptr, .learned = outcome.learned};
    }
    return {.destination = destination, .learned = outcome.learned};
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
