#include "rtpproxy/session/classic_latch.hpp"

#include <chrono>
#include <limits>
#include <utility>

namespace rtpproxy {

namespace {

using namespace std::chrono_literals;

constexpr duration update_window = 10s;
constexpr duration sequence_refresh_interval = 1s;
constexpr std::uint16_t sequence_tolerance = 536;

bool continues(const classic_latch_state::stream_identity& identity, const rtp_header& header) noexcept {
    const auto ahead = static_cast<std::uint16_t>(header.sequence_number - identity.sequence_number);
    return header.ssrc == identity.ssrc && ahead <= sequence_tolerance;
}

}  // namespace

bool classic_latch::on_signalled(const endpoint& address, time_point now) noexcept {
    if (state_.remote) {
        state_.updated_at = now;
        if (state_.untrusted || same_endpoint(*state_.remote, address)) return false;
        if (state_.latched) state_.previous = state_.remote;
    }
    state_.remote = address;
    return true;
}

void classic_latch::set_asymmetric(bool asymmetric) noexcept {
    state_.asymmetric = asymmetric;
    if (asymmetric) state_.latched = true;
}

latch_outcome classic_latch::on_packet(const endpoint& source, const std::optional<rtp_header>& header,
                                       time_point now) noexcept {
    const auto result = judge(source, header, now);
    if (result.accepted && header) refresh_sequence(*header, now);
    return result;
}

latch_outcome classic_latch::judge(const endpoint& source, const std::optional<rtp_header>& header,
                                   time_point now) noexcept {
    // 1. Nobody said where the party is: it is where its packets come from. There is nothing to tell a
    //    second source from it by, so no identity is recorded.
    if (!state_.remote) {
        learn(source);
        return {.accepted = true, .learned = true};
    }
    if (state_.asymmetric) return {.accepted = same_host(source, *state_.remote)};

    // 2. The first source is the party, whatever was signalled.
    const bool moved = !same_endpoint(source, *state_.remote);
    if (!state_.latched) {
        latch(header, now);
        if (moved) learn(source);
        return {.accepted = true, .learned = moved};
    }

    // 3. Later ones have to be the same stream, or come shortly after signalling.
    if (!moved) return {.accepted = true};
    if (!may_override(header, now)) return {};
    record_sequence(*header, now);
    learn(source);
    return {.accepted = true, .learned = true};
}

void classic_latch::on_new_ssrc(const rtp_header& header, time_point now) noexcept {
    const bool first = !std::exchange(state_.stream_seen, true);
    if (!first) latch(header, now);
}

bool classic_latch::guess_from_rtp(const endpoint& rtp_source) noexcept {
    if (rtp_source.port() == std::numeric_limits<std::uint16_t>::max()) return false;
    if (state_.remote && same_host(*state_.remote, rtp_source)) return false;
    state_.remote = endpoint{rtp_source.address(), static_cast<std::uint16_t>(rtp_source.port() + 1)};
    state_.latched = state_.asymmetric;
    return true;
}

bool classic_latch::within_update_window(time_point now) const noexcept {
    return state_.updated_at && now - *state_.updated_at <= update_window;
}

/// Whether a packet from a source other than the latched one may move the latch there. RTCP never has an
/// identity.
bool classic_latch::may_override(const std::optional<rtp_header>& header, time_point now) const noexcept {
    if (!state_.identity || !header) return false;
    return within_update_window(now) || continues(*state_.identity, *header);
}

/// Locks the latch to the stream of this packet - but not while the party may still be on its way to another
/// address, nor to the SSRC 0, which many senders share.
void classic_latch::latch(const std::optional<rtp_header>& header, time_point now) noexcept {
    if (within_update_window(now)) return;
    if (component_ == component::rtp) {
        state_.identity.reset();
        if (header) {
            state_.identity = classic_latch_state::stream_identity{.ssrc = header->ssrc};
            record_sequence(*header, now);
            if (header->ssrc == 0) return;
        }
    }
    state_.latched = true;
}

/// The party is at `source`. Back at the address it had before signalling moved it, it may be only late: it
/// is then not locked there.
void classic_latch::learn(const endpoint& source) noexcept {
    state_.untrusted = true;
    state_.remote = source;
    if (!state_.previous || !same_endpoint(*state_.previous, source)) state_.latched = true;
}

void classic_latch::record_sequence(const rtp_header& header, time_point now) noexcept {
    state_.identity->sequence_number = header.sequence_number;
    state_.sequence_refreshed_at = now;
}

void classic_latch::refresh_sequence(const rtp_header& header, time_point now) noexcept {
    if (!state_.identity || state_.identity->ssrc != header.ssrc) return;
    if (now - state_.sequence_refreshed_at >= sequence_refresh_interval) record_sequence(header, now);
}

}  // namespace rtpproxy
