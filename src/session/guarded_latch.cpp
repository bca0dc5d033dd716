#include "rtpproxy/session/guarded_latch.hpp"

#include "rtpproxy/net/address_scope.hpp"

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

bool may_teach(const arrival& packet) noexcept {
    if (packet.header) return packet.teaching.takes(*packet.header);
    return !packet.teaching.rtp_only && !looks_like_rtcp(packet.datagram);
}

drop_reason why_not_taught(const arrival& packet) noexcept {
    return packet.header ? drop_reason::payload_type : drop_reason::not_rtp;
}

}  // namespace

// Signalling.

bool guarded_latch::on_signalled(const endpoint& address, time_point now) noexcept {
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

    // 2. A new address: all begins anew, but packets of the old source are still on their way.
    has_former_ = locked_ || keep;
    if (has_former_) former_ = remote_;
    candidate_.packets = 0;
    locked_ = false;
    repeated_ = false;
    keeps_remote_ = keep;
    known_host_heard_ = silence_runs_ = keep;
    silent_since_ = coarse_time{now};
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
    locked_ = keeps_remote_ = has_former_ = false;
}

bool guarded_latch::guess_from_rtp(const endpoint& rtp_source) noexcept {
    if (asymmetric_ || rtp_source.port() == std::numeric_limits<std::uint16_t>::max()) return false;
    if (has_remote_ && same_host(remote_, rtp_source)) return false;
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

    // 1. The signalled address is believed.
    const bool known_host = is_known_host(packet.source);
    if (known_host && !locked_) {
        known_host_heard_ = silence_runs_ = true;
        silent_since_ = coarse_time{packet.now};
    }
    if (has_signalled_ && same_endpoint(packet.source, signalled_))
        return may_teach(packet) ? lock(packet) : accept();

    // 2. What was on its way when a new one was signalled is not lost.
    if (!locked_ && has_former_ && same_endpoint(packet.source, former_))
        return judge_former_source(packet, known_host);
    return judge_other_source(packet, known_host);
}

/// The source the latch was locked to when a new address was signalled.
latch_outcome guarded_latch::judge_former_source(const arrival& packet, bool known_host) noexcept {
    if (signalled_at_.age(packet.now) <= in_flight) {
        hear(packet);
        return accept();
    }
    if (keeps_remote_) return lock(packet);  // it goes on, and none better has come
    return may_teach(packet) ? apply(packet, known_host) : refuse(why_not_taught(packet));
}

latch_outcome guarded_latch::judge_other_source(const arrival& packet, bool known_host) noexcept {
    const bool may_apply_anyway = !locked_ && known_host;
    if (!may_apply_anyway && packet.header) {
        if (is_back(packet)) return try_out(packet, known_host, moved_stream);
        if (goes_on(*packet.header, packet.now)) return follow_stream(packet, known_host);
        if (!known_host) count_guess(*packet.header);
    }
    if (!may_teach(packet)) return refuse(why_not_taught(packet));
    return locked_ ? challenge(packet, known_host) : apply(packet, known_host);
}

/// The latched stream comes from elsewhere: its party has moved, or somebody has listened. Only the party is
/// not heard from its old place any more.
latch_outcome guarded_latch::follow_stream(const arrival& packet, bool known_host) noexcept {
    if (!known_host && guesses_ >= wrong_guesses) return refuse(drop_reason::other_stream);
    const duration patience = known_host ? moved_port_silence : moved_host_silence;
    if (heard_at_.age(packet.now) < patience) {
        if (same_endpoint(candidate_.source, packet.source)) candidate_.packets = 0;
        return refuse(drop_reason::moved_too_early);
    }
    return try_out(packet, known_host, moved_stream);
}

/// Another stream, while the latch is locked.
latch_outcome guarded_latch::challenge(const arrival& packet, bool known_host) noexcept {
    // 1. The latch settled for another host than the signalled one, which now speaks up.
    if (is_signalled_host(packet.source) && !is_signalled_host(remote_))
        return try_out(packet, true, guarded_bounds::known_host);

    // 2. The party begins a new stream after signalling, as after a hold, and its NAT gave it a new port.
    if (!known_host || !repeated_ || signalled_at_.age(packet.now) > signalled_again)
        return refuse(drop_reason::other_stream);
    if (heard_at_.age(packet.now) < moved_port_silence) return refuse(drop_reason::moved_too_early);
    return try_out(packet, true, guarded_bounds::known_host);
}

/// A source applies to be the party, while the latch is open.
latch_outcome guarded_latch::apply(const arrival& packet, bool known_host) noexcept {
    if (known_host) return try_out(packet, true, guarded_bounds::known_host);
    const bool signalled_is_reachable = has_signalled_ && !is_private(signalled_.address());
    const bool silent = known_host_is_silent(packet.now);
    if (signalled_is_reachable) {
        if (!silent) return refuse(drop_reason::foreign_host);
        if (!packet.header) return refuse(drop_reason::not_rtp);
        return try_out(packet, false, late_host);
    }
    if (known_host_heard_ && !silent) return refuse(drop_reason::foreign_host);
    return try_out(packet, false, guarded_bounds::other_host);
}

/// Whether the hosts the party is known to be on have been silent for long, counted from the first packet of
/// another one.
bool guarded_latch::known_host_is_silent(time_point now) noexcept {
    if (!silence_runs_) silent_since_ = coarse_time{now};
    silence_runs_ = true;
    return silent_since_.age(now) >= signalled_host_silence;
}

latch_outcome guarded_latch::judge_rtcp(const arrival& packet) noexcept {
    const endpoint* host = packet.rtp_source != nullptr ? packet.rtp_source : signalled();
    if (host == nullptr || !same_host(packet.source, *host)) return refuse(drop_reason::rtcp_foreign_host);
    if (asymmetric_ && has_remote_) return accept();

    const bool expected = has_remote_ && same_endpoint(packet.source, remote_);
    if (!looks_like_rtcp(packet.datagram)) return expected ? accept() : refuse(drop_reason::not_rtp);
    const bool signalled_port = has_signalled_ && same_endpoint(packet.source, signalled_);
    if (locked_ && !signalled_port && heard_at_.age(packet.now) < rtcp_silence)
        return refuse(drop_reason::moved_too_early);
    return lock(packet);
}

// Trials.

latch_outcome guarded_latch::try_out(const arrival& packet, bool known_host, const trial& asked) noexcept {
    if (!candidate_goes_on(packet, asked)) {
        if (!is_engaged(packet, known_host)) begin_trial(packet, known_host);
        return refuse(drop_reason::on_trial);
    }
    const bool passed = candidate_.packets >= asked.packets && candidate_.since.age(packet.now) >= asked.time;
    return passed ? lock(packet) : refuse(drop_reason::on_trial);
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
    candidate_ = {packet.source, {}, now, now, 1, packet.header.has_value(), known_host};
    if (packet.header)
        candidate_.last = {packet.header->ssrc, packet.header->timestamp, packet.header->sequence_number};
}

/// Takes another packet of the source on trial; false when it does not count. One that does not count ends
/// nothing: a port may carry several streams, frames of video come in decoding order, and events along with
/// audio have the timestamp of their beginning (RFC 4733 §2.5.1.1).
bool guarded_latch::candidate_goes_on(const arrival& packet, const trial& asked) noexcept {
    candidate& c = candidate_;
    if (c.packets == 0 || !same_endpoint(c.source, packet.source)) return false;
    if (c.is_rtp != packet.header.has_value()) return false;
    if (asked.time.count() != 0 && c.heard_at.age(packet.now) >= candidate_patience) return false;
    if (packet.header) {
        const position next{packet.header->ssrc, packet.header->timestamp, packet.header->sequence_number};
        if (!follows(c.last, next)) return false;
        c.last = next;
    }
    c.heard_at = coarse_time{packet.now};
    c.packets = static_cast<std::uint8_t>(std::min(c.packets + 1, 255));
    return true;
}

bool guarded_latch::follows(const position& last, const position& next) noexcept {
    const auto ahead = sequence_distance(last.sequence_number, next.sequence_number);
    const auto forward = static_cast<std::int32_t>(next.timestamp - last.timestamp);
    return next.ssrc == last.ssrc && ahead != 0 && ahead <= trial_loss && forward >= 0;
}

latch_outcome guarded_latch::lock(const arrival& packet) noexcept {
    const bool moved = !has_remote_ || !same_endpoint(remote_, packet.source);
    remember_former(packet.source);
    remote_ = packet.source;
    has_remote_ = locked_ = true;
    keeps_remote_ = repeated_ = false;
    candidate_.packets = 0;
    has_identity_ = false;  // back home, the stream may be behind the impostor's
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

/// Whether the latched stream comes from where it was before it moved. An impostor may have used a pause of
/// the party, and run ahead of it: so any position will do.
bool guarded_latch::is_back(const arrival& packet) const noexcept {
    return locked_ && has_former_ && has_identity_ && packet.header->ssrc == identity_.ssrc &&
           same_endpoint(packet.source, former_);
}

}  // namespace rtpproxy
