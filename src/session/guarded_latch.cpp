#include "rtpproxy/session/guarded_latch.hpp"

#include "rtpproxy/net/address_scope.hpp"
#include "rtpproxy/rtp/media_datagram.hpp"

#include <algorithm>
#include <limits>

namespace rtpproxy {
namespace {

using namespace guarded_bounds;

latch_outcome accept() noexcept {
    return {.accepted = true};
}
latch_outcome refuse(drop_reason reason) noexcept {
    return {.refusal = reason};
}

/// What parties with ICE and encryption send before RTP.
bool is_handshake(datagram_kind kind) noexcept {
    return kind == datagram_kind::stun || kind == datagram_kind::dtls || kind == datagram_kind::zrtp;
}

/// Whether the packet may count in a trial: RTP of this call, or what comes before it.
bool may_teach(const arrival& packet) noexcept {
    if (packet.header) return packet.teaching.takes(*packet.header);
    if (packet.teaching.rtp_only) return is_handshake(recognise_datagram(packet.datagram));
    return !looks_like_rtcp(packet.datagram);
}

bool is_vouched_for(const arrival& packet) noexcept {
    return packet.vouched != nullptr && packet.vouched->contains(packet.source.address());
}

drop_reason why_not_taught(const arrival& packet) noexcept {
    return packet.header ? drop_reason::payload_type : drop_reason::not_rtp;
}

}  // namespace

// Signalling.

bool guarded_latch::on_signalled(const endpoint& address, time_point now) noexcept {
    // What an earlier command opened does not open again.
    moves_ = move_is_announced(now);
    if (!locked_ && !keeps_remote_ && signalled_at_.age(now) > in_flight) has_former_ = stays_ = false;
    signalled_at_ = coarse_time{now};
    guesses_ = 0;
    if (has_signalled_ && same_endpoint(signalled_, address)) {
        repeated_ = true;
        return false;
    }

    // 1. The party is known there already.
    const bool keep = found_behind_nat() && is_private(address.address());
    signalled_ = address;
    has_signalled_ = true;
    if (locked_ && same_endpoint(remote_, address)) return false;

    // 2. A new address: all begins anew, but the party may still be where it was.
    if (locked_ || keep) {
        has_former_ = true;
        former_ = remote_;
    }
    if (!keep) candidate_.packets = 0;
    locked_ = repeated_ = stays_ = false;
    keeps_remote_ = moves_ = known_host_heard_ = keep;
    known_host_at_ = heard_at_;
    if (keep || (has_remote_ && same_endpoint(remote_, address))) return false;
    remote_ = address;
    has_remote_ = true;
    return true;
}

/// Whether remote() was learned on a host that was not signalled.
bool guarded_latch::found_behind_nat() const noexcept {
    if (!locked_ && !keeps_remote_) return false;
    return !is_signalled_host(remote_);
}

void guarded_latch::set_asymmetric(bool asymmetric) noexcept {
    asymmetric_ = asymmetric;
    if (!asymmetric || !has_signalled_ || same_endpoint(remote_, signalled_)) return;
    remote_ = signalled_;
    locked_ = keeps_remote_ = has_former_ = stays_ = false;
}

bool guarded_latch::guess_from_rtp(const endpoint& rtp_source) noexcept {
    rtp_has_moved_ = !asymmetric_;
    if (asymmetric_ || rtp_source.port() == std::numeric_limits<std::uint16_t>::max()) return false;
    const bool is_told = locked_ || !keeps_remote_;  // no guess of ours
    if (has_remote_ && same_host(remote_, rtp_source) && is_told) return false;
    remote_ = endpoint{rtp_source.address(), static_cast<std::uint16_t>(rtp_source.port() + 1)};
    has_remote_ = true;
    locked_ = has_former_ = false;
    keeps_remote_ = true;
    return true;
}

// Packets from anywhere but the source the latch is locked to.

latch_outcome guarded_latch::judge(const arrival& packet) noexcept {
    if (component_ == component::rtcp) return judge_rtcp(packet);
    if (asymmetric_ && has_remote_)
        return same_host(packet.source, remote_) ? accept() : refuse(drop_reason::foreign_host);

    const bool known_host = is_known_host(packet.source);
    // Is the source on trial alone at this port, and one stream?
    const bool of_its_host = same_host(candidate_.source, packet.source);
    const bool of_its_stream = !packet.header || packet.header->ssrc == candidate_.last.ssrc;
    if (!of_its_host || (candidate_.is_rtp && !of_its_stream)) candidate_.contested = true;

    // 1. The signalled address is believed.
    if (has_signalled_ && same_endpoint(packet.source, signalled_) && may_teach(packet) &&
        (packet.header || !packet.teaching.rtp_only))
        return lock(packet);
    if (known_host && !locked_) {
        known_host_heard_ = true;
        known_host_at_ = coarse_time{packet.now};
    }
    if (has_signalled_ && same_endpoint(packet.source, signalled_)) return accept();

    // 2. Others have to show that they are the party.
    if (locked_) return judge_while_locked(packet, known_host);
    if (has_former_ && same_endpoint(packet.source, former_)) return judge_former_source(packet);
    return judge_while_open(packet, known_host);
}

/// The source the latch was locked to when a new address was signalled. It is heard until a better one has
/// come: its packets may be on their way, or the party never went where signalling wanted it.
latch_outcome guarded_latch::judge_former_source(const arrival& packet) noexcept {
    const bool is_the_stream = packet.header && has_identity_ && packet.header->ssrc == identity_.ssrc;
    if (signalled_at_.age(packet.now) <= in_flight) {
        if (packet.header && !is_the_stream) return accept();
        hear(packet);
        stays_ = !keeps_remote_;
        return accept();
    }
    if (keeps_remote_ || is_the_stream) {
        const auto outcome = lock(packet);
        repeated_ = true;  // from the new place it may begin a new stream for a while
        return outcome;
    }
    return may_teach(packet) ? apply(packet, is_known_host(packet.source)) : refuse(why_not_taught(packet));
}

/// The old place of a party for which a new address was signalled, while it is heard there and may yet be.
const endpoint* guarded_latch::former_still_used(time_point now) const noexcept {
    const bool used = !locked_ && has_former_ && heard_at_.age(now) < moved_port_silence;
    return used ? &former_ : nullptr;
}

latch_outcome guarded_latch::judge_while_open(const arrival& packet, bool known_host) noexcept {
    if (!known_host && packet.header && goes_on(*packet.header, packet.now)) {
        const auto silence = move_is_announced(packet.now) ? announced_move_silence
                             : pauses_                     ? paused_host_silence
                                                           : moved_host_silence;
        const incumbent old{heard_at_, silence};
        if (guesses_ < wrong_guesses && is_silent(&old, packet.now))
            return try_out(packet, false, moved_stream, &old);
    } else if (!known_host && packet.header) {
        count_guess(*packet.header);
    }
    return may_teach(packet) ? apply(packet, known_host) : refuse(why_not_taught(packet));
}

latch_outcome guarded_latch::judge_while_locked(const arrival& packet, bool known_host) noexcept {
    if (packet.header) {
        if (is_back(packet)) return try_out(packet, known_host, moved_stream);
        if (goes_on(*packet.header, packet.now)) return follow_stream(packet, known_host);
        if (!known_host) count_guess(*packet.header);
    }
    return may_teach(packet) ? challenge(packet, known_host) : refuse(why_not_taught(packet));
}

/// The latched stream comes from elsewhere: its party has moved, or somebody has listened. Only the party is
/// not heard from its old place any more. The trial runs while the silence does.
latch_outcome guarded_latch::follow_stream(const arrival& packet, bool known_host) noexcept {
    if (!known_host && guesses_ >= wrong_guesses) return refuse(drop_reason::other_stream);
    const auto other_host_silence = move_is_announced(packet.now) ? announced_move_silence
                                    : pauses_                     ? paused_host_silence
                                                                  : moved_host_silence;
    const incumbent old{heard_at_, known_host ? moved_port_silence : other_host_silence};
    const auto outcome = try_out(packet, known_host, moved_stream, &old);
    return is_silent(&old, packet.now) ? outcome : refuse(drop_reason::moved_too_early);
}

/// Another stream, while the latch is locked.
latch_outcome guarded_latch::challenge(const arrival& packet, bool known_host) noexcept {
    const bool is_media = packet.header || !packet.teaching.rtp_only;
    if (!is_media) return refuse(drop_reason::not_rtp);

    // 1. The latch settled for another host than the signalled one, which now speaks up.
    if (is_signalled_host(packet.source) && !is_signalled_host(remote_))
        return try_out(packet, true, guarded_bounds::known_host);

    // 2. The party begins a new stream after signalling, as after a hold, and its NAT gave it a new port.
    if (known_host && repeated_ && signalled_at_.age(packet.now) <= signalled_again) {
        if (heard_at_.age(packet.now) < moved_port_silence) return refuse(drop_reason::moved_too_early);
        return try_out(packet, true, guarded_bounds::known_host);
    }

    // 3. The controller said that the party moves; or the latched source has sent a handshake, but no media.
    const bool nothing_but_handshake = !has_identity_ && packet.teaching.rtp_only;
    if (known_host && nothing_but_handshake) return try_out(packet, true, guarded_bounds::known_host);
    const bool announced = move_is_announced(packet.now);
    if (known_host || !(announced || nothing_but_handshake)) return refuse(drop_reason::other_stream);
    const bool may_be_anywhere =
        !has_signalled_ || is_private(signalled_.address()) || is_vouched_for(packet);
    if (!announced && !may_be_anywhere) return refuse(drop_reason::other_stream);
    const incumbent old{heard_at_, announced ? announced_move_silence : moved_host_silence};
    return try_out_other_host(packet, &old);
}

/// A source applies to be the party, while the latch is open.
latch_outcome guarded_latch::apply(const arrival& packet, bool known_host) noexcept {
    return known_host ? try_out(packet, true, guarded_bounds::known_host) : apply_from_elsewhere(packet);
}

latch_outcome guarded_latch::apply_from_elsewhere(const arrival& packet) noexcept {
    // 1. A host that the party is known to be on, and was heard, is waited for.
    incumbent known{known_host_at_, known_host_silence};
    const incumbent* const displaced = known_host_heard_ ? &known : nullptr;
    if (move_is_announced(packet.now)) {
        known.silence = announced_move_silence;
        return try_out_other_host(packet, displaced);
    }
    if (displaced != nullptr && !is_silent(displaced, packet.now)) return refuse(drop_reason::foreign_host);

    // 2. Nothing public was signalled, or something vouches for this host.
    const bool signalled_is_reachable = has_signalled_ && !is_private(signalled_.address());
    if (!signalled_is_reachable || is_vouched_for(packet)) return try_out_other_host(packet, displaced);

    // 3. Nobody has named this host: it has to show more, and in RTP; and if the party was heard already, to
    // wait for it at its new address.
    if (!packet.header) return refuse(drop_reason::not_rtp);
    const auto expected_since = std::min(signalled_at_.age(packet.now), heard_at_.age(packet.now));
    if (has_identity_ && expected_since < known_host_silence) return refuse(drop_reason::foreign_host);
    if (!add_to_trial(packet, false, displaced, most_apart(unsignalled_host.at)))
        return refuse(drop_reason::foreign_host);
    // Media is alone at a port; among other packets it has to go on for as long as a host is waited for.
    const bool is_believable =
        !candidate_.contested || candidate_.steady_since.age(packet.now) >= known_host_silence;
    const bool passed = is_believable && has_passed(unsignalled_host, packet.now);
    return passed ? lock(packet) : refuse(drop_reason::foreign_host);
}

latch_outcome guarded_latch::judge_rtcp(const arrival& packet) noexcept {
    const endpoint* host = packet.rtp_source != nullptr ? packet.rtp_source : signalled();
    if (host == nullptr || !same_host(packet.source, *host)) {
        // Until RTP comes from the new place, reports of the old one are heard as its RTP is.
        const bool of_old_place = packet.rtp_source == nullptr && looks_like_rtcp(packet.datagram) &&
                                  ((has_former_ && same_endpoint(packet.source, former_)) ||
                                   (keeps_remote_ && same_endpoint(packet.source, remote_)));
        return of_old_place ? accept() : refuse(drop_reason::rtcp_foreign_host);
    }
    if (asymmetric_ && has_remote_) return accept();

    const bool expected = has_remote_ && same_endpoint(packet.source, remote_);
    if (!looks_like_rtcp(packet.datagram)) return expected ? accept() : refuse(drop_reason::not_rtp);
    const bool signalled_port = has_signalled_ && same_endpoint(packet.source, signalled_);
    if (locked_ && !signalled_port && !rtp_has_moved_ && heard_at_.age(packet.now) < rtcp_silence)
        return refuse(drop_reason::moved_too_early);
    rtp_has_moved_ = false;
    return lock(packet);
}

// Trials.

latch_outcome guarded_latch::try_out(const arrival& packet, bool known_host, const trial& asked,
                                     const incumbent* displaced) noexcept {
    if (!add_to_trial(packet, known_host, displaced, most_apart(asked.at)))
        return refuse(drop_reason::on_trial);
    const bool passed = has_passed(asked, packet.now) && is_silent(displaced, packet.now);
    return passed ? lock(packet) : refuse(drop_reason::on_trial);
}

/// A steady stream, or packets now and then that nobody else interrupts.
latch_outcome guarded_latch::try_out_other_host(const arrival& packet, const incumbent* displaced) noexcept {
    if (!add_to_trial(packet, false, displaced, most_apart(lone_host.at)))
        return refuse(drop_reason::on_trial);
    const bool shown =
        has_passed(guarded_bounds::other_host, packet.now) || has_passed(lone_host, packet.now);
    return shown && is_silent(displaced, packet.now) ? lock(packet) : refuse(drop_reason::on_trial);
}

/// @returns whether the packet counts in a trial under way; else it may have begun one.
bool guarded_latch::add_to_trial(const arrival& packet, bool known_host, const incumbent* displaced,
                                 duration longest_gap) noexcept {
    const bool is_same = candidate_.packets != 0 && same_endpoint(candidate_.source, packet.source);
    const bool too_old = is_same && displaced != nullptr &&
                         candidate_.since.age(packet.now) > displaced->heard_at.age(packet.now);
    const bool media_begins = is_same && !candidate_.is_rtp && packet.header;
    if (too_old || media_begins) {
        begin_trial(packet, known_host);
        return false;
    }
    if (candidate_goes_on(packet, longest_gap)) return true;
    if (!is_engaged(packet, known_host)) begin_trial(packet, known_host);
    return false;
}

bool guarded_latch::has_passed(const trial& asked, time_point now) const noexcept {
    const candidate& c = candidate_;
    if (asked.at == pace::steady)
        return c.steady_packets >= asked.packets && c.steady_since.age(now) >= asked.time;
    if (asked.at == pace::lone && c.contested) return false;
    return c.packets >= asked.packets && c.since.age(now) >= asked.time;
}

bool guarded_latch::is_silent(const incumbent* displaced, time_point now) noexcept {
    return displaced == nullptr || displaced->heard_at.age(now) >= displaced->silence;
}

/// Whether the trial under way keeps this packet from beginning one. It does not when its source has fallen
/// silent, or when only the new one is on a host the party is known to be on. A source whose first packet
/// nothing has followed waits longer than others, so that guesses do not renew their hold.
bool guarded_latch::is_engaged(const arrival& packet, bool known_host) const noexcept {
    if (candidate_.packets == 0 || (known_host && !candidate_.known_host)) return false;
    const auto age = candidate_.heard_at.age(packet.now);
    if (candidate_.packets > 1) return age < candidate_patience;
    return age < (same_endpoint(candidate_.source, packet.source) ? 2 : 1) * first_packet_patience;
}

void guarded_latch::begin_trial(const arrival& packet, bool known_host) noexcept {
    const coarse_time now{packet.now};
    candidate_ = {.source = packet.source,
                  .last = {},
                  .since = now,
                  .steady_since = now,
                  .heard_at = now,
                  .packets = 1,
                  .steady_packets = 1,
                  .is_rtp = packet.header.has_value(),
                  .known_host = known_host};
    if (!packet.header) return;
    candidate_.last = {packet.header->ssrc, packet.header->timestamp, packet.header->sequence_number};
    candidate_.payload_type = packet.header->payload_type;
}

/// Takes another packet of the source on trial; false when it does not count. One that does not count ends
/// nothing: a port may carry several streams, frames of video come in decoding order, and events along with
/// audio have the timestamp of their beginning (RFC 4733 §2.5.1.1).
bool guarded_latch::candidate_goes_on(const arrival& packet, duration longest) noexcept {
    candidate& c = candidate_;
    if (c.packets == 0 || !same_endpoint(c.source, packet.source)) return false;
    if (c.is_rtp != packet.header.has_value()) return false;
    const auto gap = c.heard_at.age(packet.now);
    const bool breaks = gap >= most_apart(pace::steady);
    if (gap >= longest || (c.contested && breaks && longest != duration::max())) return false;
    if (packet.header) {
        if (!follows_candidate(*packet.header)) return false;
        c.last = {packet.header->ssrc, packet.header->timestamp, packet.header->sequence_number};
        c.payload_type = packet.header->payload_type;
    }
    c.heard_at = coarse_time{packet.now};
    c.packets = static_cast<std::uint8_t>(std::min(c.packets + 1, 255));
    if (breaks) {
        c.steady_packets = 0;
        c.steady_since = c.heard_at;
    }
    c.steady_packets = static_cast<std::uint8_t>(std::min(c.steady_packets + 1, 255));
    return true;
}

/// With another payload type a stream may begin a new count of time: phones do after events and comfort
/// noise.
bool guarded_latch::follows_candidate(const rtp_header& header) const noexcept {
    const position& last = candidate_.last;
    const auto ahead = sequence_distance(last.sequence_number, header.sequence_number);
    const auto forward = static_cast<std::int32_t>(header.timestamp - last.timestamp);
    return header.ssrc == last.ssrc && ahead != 0 && ahead <= trial_loss &&
           (forward >= 0 || header.payload_type != candidate_.payload_type);
}

latch_outcome guarded_latch::lock(const arrival& packet) noexcept {
    const bool moved = !has_remote_ || !same_endpoint(remote_, packet.source);
    remember_former(packet.source);
    if (moved) moves_ = pauses_ = false;
    remote_ = packet.source;
    has_remote_ = locked_ = true;
    keeps_remote_ = repeated_ = stays_ = false;
    candidate_.packets = 0;
    if (moved || packet.header) has_identity_ = false;  // back home, it may be behind the impostor's stream
    hear(packet);
    return {.accepted = true, .learned = moved};
}

/// Notes from where the latch moves to `source`, since an impostor may have used a pause of the party. There
/// is no way back for the impostor: neither when the party returns, nor by changing ports.
void guarded_latch::remember_former(const endpoint& source) noexcept {
    const bool returns = (has_former_ && same_endpoint(former_, source)) ||
                         (is_signalled_host(source) && !is_signalled_host(remote_));
    const bool only_another_port = has_former_ && same_host(remote_, source) && !same_host(former_, source);
    if (locked_ && only_another_port) return;
    has_former_ = locked_ && !returns;
    if (has_former_) former_ = remote_;
}

// What is known about the latched stream.

/// Whether the packet is one the latched stream would send next, considering how long it has been silent.
bool guarded_latch::goes_on(const rtp_header& header, time_point now) const noexcept {
    if (!has_identity_ || header.ssrc != identity_.ssrc) return false;
    const auto silence = std::chrono::duration_cast<milliseconds>(heard_at_.age(now)).count();
    const auto most = std::min<std::int64_t>(moved_ahead + silence, moved_ahead_most);
    const auto ahead = sequence_distance(identity_.sequence_number, header.sequence_number);
    if (ahead == 0 || ahead > most) return false;

    constexpr std::int64_t ticks_a_millisecond = 96;  // no clock in use is faster
    constexpr std::int64_t slack = 2000;       // milliseconds; clocks drift, video frames are reordered
    constexpr std::int64_t backward = 90'000;  // a second of video
    const auto forward = static_cast<std::int32_t>(header.timestamp - identity_.timestamp);
    return forward >= -backward && forward <= (silence + slack) * ticks_a_millisecond;
}

/// The source was silent and goes on. A sender that suppresses silence leaves out time, but no sequence
/// numbers; a sender or a network that stood still does not.
void guarded_latch::note_pause(const rtp_header& header) noexcept {
    if (!has_identity_ || header.ssrc != identity_.ssrc) return;
    constexpr int next_few = 3;
    constexpr std::int32_t least_ticks_a_millisecond = 8;
    const auto ahead = sequence_distance(identity_.sequence_number, header.sequence_number);
    const auto forward = static_cast<std::int32_t>(header.timestamp - identity_.timestamp);
    if (ahead <= next_few && forward >= least_ticks_a_millisecond * pause.count()) pauses_ = true;
}

/// Counts a packet of the latched stream's SSRC that does not go on from where it is.
void guarded_latch::count_guess(const rtp_header& header) noexcept {
    if (has_identity_ && header.ssrc == identity_.ssrc && guesses_ < wrong_guesses) ++guesses_;
}

bool guarded_latch::is_signalled_host(const endpoint& source) const noexcept {
    return has_signalled_ && same_host(source, signalled_);
}

bool guarded_latch::is_known_host(const endpoint& source) const noexcept {
    if (is_signalled_host(source)) return true;
    return (locked_ || keeps_remote_) && same_host(source, remote_);
}

/// Whether the controller has said lately that a party behind NAT is elsewhere now, and it was not found yet.
bool guarded_latch::move_is_announced(time_point now) const noexcept {
    return moves_ && signalled_at_.age(now) <= signalled_again;
}

/// Whether the latched stream comes from where it was before it moved. An impostor may have used a pause of
/// the party, and run ahead of it: so any position will do.
bool guarded_latch::is_back(const arrival& packet) const noexcept {
    return locked_ && has_former_ && has_identity_ && packet.header->ssrc == identity_.ssrc &&
           same_endpoint(packet.source, former_);
}

}  // namespace rtpproxy
