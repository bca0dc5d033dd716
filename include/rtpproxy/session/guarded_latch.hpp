#pragma once

#include "rtpproxy/session/arrival.hpp"
#include "rtpproxy/session/coarse_time.hpp"
#include "rtpproxy/session/component.hpp"

#include <chrono>
#include <cstdint>

namespace rtpproxy {

/// How far `to` is ahead of `from`, modulo 65536.
[[nodiscard]] constexpr std::uint16_t sequence_distance(std::uint16_t from, std::uint16_t to) noexcept {
    return static_cast<std::uint16_t>(to - from);
}

/// The bounds of the learning policy `guarded`. docs/SECURITY.md tells operators what follows from them.
namespace guarded_bounds {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How much a source has to show: packets that follow each other, over a time.
struct trial {
    std::uint8_t packets;
    milliseconds time;
};
inline constexpr trial known_host{3, milliseconds{0}};    ///< a new port of the host the party is on
inline constexpr trial other_host{5, milliseconds{60}};   ///< a private address was signalled, or none
inline constexpr trial late_host{25, milliseconds{400}};  ///< the signalled host has kept silent
inline constexpr trial moved_stream{3, milliseconds{0}};  ///< the latched stream, from elsewhere

inline constexpr seconds signalled_host_silence{3};  ///< after this other hosts are considered
inline constexpr milliseconds moved_port_silence{
    250};  ///< of the old source, before another port of its host
inline constexpr milliseconds moved_host_silence{1000};  ///< of the old source, before another host
inline constexpr seconds signalled_again{10};  ///< a repeated address allows a new stream for so long
inline constexpr seconds in_flight{2};         ///< packets of the old source after a new address
inline constexpr seconds rtcp_silence{10};     ///< before RTCP may come from another port

inline constexpr milliseconds first_packet_patience{70};  ///< how long one packet keeps others from a trial
/// The same once a second one has followed; in a trial that takes time, also between its packets.
inline constexpr milliseconds candidate_patience{120};
inline constexpr std::uint16_t reordering =
    1000;                                   ///< sequence numbers a late packet of the stream may be behind
inline constexpr unsigned trial_loss = 50;  ///< most sequence numbers between two packets on trial

/// The latched stream may be this far ahead after its source fell silent: so many sequence numbers, and one
/// more for each millisecond of silence, up to `moved_ahead_most`.
inline constexpr int moved_ahead = 16;
inline constexpr int moved_ahead_most = 3000;
/// Other hosts are not followed once they sent so many packets with the right SSRC at a wrong position since
/// the source was heard: somebody guesses.
inline constexpr int wrong_guesses = 16;

}  // namespace guarded_bounds

/// The learning policy `guarded`: a port of a leg believes the signalled address first, and lets another
/// source be the party only after a trial.
///
/// States: *open* (nothing heard, or a new address was signalled) and *locked* to one source. Open, packets
/// from exactly the signalled address lock the latch; another port of that host does so after a short trial;
/// another host only where the signalled address is private or missing, or silent for long. Locked, the
/// latch moves when the same stream goes on from elsewhere and its old source is silent, and opens when a new
/// address is signalled. RTCP follows the host of RTP. One source is on trial at a time.
///
/// Pure: time and packets are arguments. Belongs to the leg's strand.
class guarded_latch {
  public:
    explicit guarded_latch(component which) noexcept : component_(which) {}

    /// The controller signalled where the party receives. A new address is obeyed at once, with one
    /// exception: a private one does not replace the public source the party was found at behind its NAT.
    /// That one is used until a better one has passed its trial.
    /// @returns whether remote() changed.
    bool on_signalled(const endpoint& address, time_point now) noexcept;

    /// `a` (true) or `s`/default (false) of the latest command for this leg. An asymmetric party receives
    /// where it said, and sends from any port of that host.
    void set_asymmetric(bool asymmetric) noexcept;

    [[nodiscard]] latch_outcome on_packet(const arrival& packet) noexcept {
        if (!locked_ || !same_endpoint(packet.source, remote_)) return judge(packet);
        hear(packet);
        return {.accepted = true};
    }

    /// RTCP only, as address_latch::guess_from_rtp().
    bool guess_from_rtp(const endpoint& rtp_source) noexcept;

    /// Where packets to this party are sent; null while unknown.
    [[nodiscard]] const endpoint* remote() const noexcept { return has_remote_ ? &remote_ : nullptr; }
    /// The latest signalled address; null when there was none.
    [[nodiscard]] const endpoint* signalled() const noexcept {
        return has_signalled_ ? &signalled_ : nullptr;
    }
    /// The source the latch is locked to; null while it is open.
    [[nodiscard]] const endpoint* source() const noexcept { return locked_ ? &remote_ : nullptr; }
    [[nodiscard]] bool asymmetric() const noexcept { return asymmetric_; }

  private:
    /// By what a stream is recognised (RFC 3550 §5.1): no two packets of it have the same.
    struct position {
        std::uint32_t ssrc = 0;
        std::uint32_t timestamp = 0;
        std::uint16_t sequence_number = 0;
    };
    /// The source on trial.
    struct candidate {
        endpoint source;
        position last;
        coarse_time since;
        coarse_time heard_at;
        std::uint8_t packets = 0;  ///< 0: nobody is on trial
        bool is_rtp = false;
        bool known_host = false;
    };

    [[nodiscard]] latch_outcome judge(const arrival& packet) noexcept;
    [[nodiscard]] latch_outcome judge_rtcp(const arrival& packet) noexcept;
    [[nodiscard]] latch_outcome judge_former_source(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome judge_other_source(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome follow_stream(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome challenge(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome apply(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome try_out(const arrival& packet, bool known_host,
                                        const guarded_bounds::trial& asked) noexcept;
    void begin_trial(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] bool candidate_goes_on(const arrival& packet, const guarded_bounds::trial& asked) noexcept;
    [[nodiscard]] static bool follows(const position& last, const position& next) noexcept;
    [[nodiscard]] bool is_engaged(const arrival& packet, bool known_host) const noexcept;

    latch_outcome lock(const arrival& packet) noexcept;
    void remember_former(const endpoint& source) noexcept;
    void hear(const arrival& packet) noexcept {
        heard_at_ = coarse_time{packet.now};
        guesses_ = 0;
        if (!packet.header) return;
        const auto& header = *packet.header;
        const auto behind = sequence_distance(header.sequence_number, identity_.sequence_number);
        if (has_identity_ && header.ssrc == identity_.ssrc && behind < guarded_bounds::reordering) return;
        identity_ = {header.ssrc, header.timestamp, header.sequence_number};
        has_identity_ = true;
    }
    void count_guess(const rtp_header& header) noexcept;
    [[nodiscard]] bool is_signalled_host(const endpoint& source) const noexcept;
    [[nodiscard]] bool is_known_host(const endpoint& source) const noexcept;
    [[nodiscard]] bool is_back(const arrival& packet) const noexcept;
    [[nodiscard]] bool goes_on(const rtp_header& header, time_point now) const noexcept;
    [[nodiscard]] bool found_behind_nat() const noexcept;
    [[nodiscard]] bool known_host_is_silent(time_point now) noexcept;

    endpoint remote_;
    endpoint signalled_;
    endpoint former_;  ///< locked: where the stream was before it moved; open: before the new address
    candidate candidate_;
    position identity_;         ///< of the latched stream, the latest packet
    coarse_time heard_at_;      ///< when the latched source was last heard
    coarse_time signalled_at_;  ///< when an address was last signalled
    coarse_time silent_since_;  ///< when the party's known hosts were last heard while open
    std::uint8_t guesses_ =
        0;  ///< since the source was heard: wrong positions of its stream, from other hosts
    component component_;
    bool has_remote_ : 1 = false;
    bool has_signalled_ : 1 = false;
    bool has_former_ : 1 = false;
    bool has_identity_ : 1 = false;
    bool locked_ : 1 = false;
    bool keeps_remote_ : 1 = false;  ///< open, but remote() is where the party was found, not where signalled
    bool asymmetric_ : 1 = false;
    bool repeated_ : 1 = false;          ///< the same address was signalled again since the latch locked
    bool silence_runs_ : 1 = false;      ///< `silent_since_` is valid
    bool known_host_heard_ : 1 = false;  ///< while open
};

}  // namespace rtpproxy
