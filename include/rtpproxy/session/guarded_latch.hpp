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

/// How the packets of a source on trial come.
enum class pace : std::uint8_t {
    any,     ///< at whatever times
    steady,  ///< as those of a stream that is not paused
    lone,    ///< now and then, while no other host sends to the port
};
/// The gap between two packets that ends a trial at that pace.
[[nodiscard]] constexpr duration most_apart(pace p) noexcept {
    if (p == pace::any) return duration::max();
    return p == pace::steady ? milliseconds{120} : milliseconds{1100};
}
/// How much a source has to show: packets that follow each other, over a time.
struct trial {
    std::uint8_t packets;
    milliseconds time;
    pace at;
};
inline constexpr trial known_host{3, milliseconds{0}, pace::any};    ///< a new port of a host the party is on
inline constexpr trial moved_stream{3, milliseconds{0}, pace::any};  ///< the latched stream, from elsewhere
inline constexpr trial other_host{5, milliseconds{60},
                                  pace::steady};  ///< a private address was signalled, or none
/// The same for a party that only keeps its NAT open, or begins with STUN and DTLS.
inline constexpr trial lone_host{4, milliseconds{1000}, pace::lone};
inline constexpr trial unsignalled_host{21, milliseconds{400},
                                        pace::steady};  ///< a public address was signalled

inline constexpr seconds known_host_silence{3};  ///< after this a host that was heard is given up
inline constexpr milliseconds moved_port_silence{
    250};  ///< of the old source, before another port of its host
inline constexpr milliseconds moved_host_silence{400};      ///< of the old source, before another host
inline constexpr milliseconds paused_host_silence{1000};    ///< the same where the party pauses now and then
inline constexpr milliseconds pause{300};                   ///< without a packet, by intent of the sender
inline constexpr milliseconds announced_move_silence{120};  ///< of the old source, after a changed address
inline constexpr seconds signalled_again{
    10};                                    ///< a repeated or changed address allows a new stream for so long
inline constexpr seconds in_flight{2};      ///< the old source is heard, not sent to, after a new address
inline constexpr seconds rtcp_silence{10};  ///< before RTCP may come from another port

inline constexpr milliseconds first_packet_patience{70};  ///< how long one packet keeps others from a trial
inline constexpr milliseconds candidate_patience{120};    ///< the same once a second one has followed
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
/// another host after the trial of its kind, which is short where the signalled address is private or
/// missing, or something vouches for the host. Locked, the latch moves when the same stream goes on from
/// elsewhere and its old source is silent, and opens when a new address is signalled. RTCP follows the host
/// of RTP. One source is on trial at a time.
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
    /// Where else, since a new address was signalled but the party goes on at the old one; null: nowhere.
    [[nodiscard]] const endpoint* also_at(time_point now) const noexcept {
        return stays_ ? former_still_used(now) : nullptr;
    }
    /// Where the party was before a new address was signalled; null once it was found anew.
    [[nodiscard]] const endpoint* former() const noexcept {
        return has_former_ && !locked_ ? &former_ : nullptr;
    }
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
        coarse_time steady_since;  ///< without a gap
        coarse_time heard_at;
        std::uint8_t packets = 0;         ///< 0: nobody is on trial
        std::uint8_t steady_packets = 0;  ///< since `steady_since`
        std::uint8_t payload_type = 0;
        bool is_rtp : 1 = false;
        bool known_host : 1 = false;
        bool contested : 1 = false;  ///< another host or stream came meanwhile
    };
    /// Whom the source on trial would displace: who was last heard then, and has to be silent for so long.
    struct incumbent {
        coarse_time heard_at;
        duration silence;
    };

    [[nodiscard]] latch_outcome judge(const arrival& packet) noexcept;
    [[nodiscard]] latch_outcome judge_rtcp(const arrival& packet) noexcept;
    [[nodiscard]] latch_outcome judge_former_source(const arrival& packet) noexcept;
    [[nodiscard]] latch_outcome judge_while_open(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome judge_while_locked(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome follow_stream(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome challenge(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome apply(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] latch_outcome apply_from_elsewhere(const arrival& packet) noexcept;
    [[nodiscard]] latch_outcome try_out(const arrival& packet, bool known_host,
                                        const guarded_bounds::trial& asked,
                                        const incumbent* displaced = nullptr) noexcept;
    [[nodiscard]] latch_outcome try_out_other_host(const arrival& packet,
                                                   const incumbent* displaced = nullptr) noexcept;
    [[nodiscard]] bool add_to_trial(const arrival& packet, bool known_host, const incumbent* displaced,
                                    duration longest_gap) noexcept;
    [[nodiscard]] bool has_passed(const guarded_bounds::trial& asked, time_point now) const noexcept;
    [[nodiscard]] static bool is_silent(const incumbent* displaced, time_point now) noexcept;
    void begin_trial(const arrival& packet, bool known_host) noexcept;
    [[nodiscard]] bool candidate_goes_on(const arrival& packet, duration longest) noexcept;
    [[nodiscard]] bool follows_candidate(const rtp_header& header) const noexcept;
    [[nodiscard]] bool is_engaged(const arrival& packet, bool known_host) const noexcept;

    latch_outcome lock(const arrival& packet) noexcept;
    void remember_former(const endpoint& source) noexcept;
    void hear(const arrival& packet) noexcept {
        const duration silence = heard_at_.age(packet.now);
        heard_at_ = coarse_time{packet.now};
        guesses_ = 0;
        if (!packet.header) return;
        const auto& header = *packet.header;
        const auto behind = sequence_distance(header.sequence_number, identity_.sequence_number);
        if (has_identity_ && header.ssrc == identity_.ssrc && behind < guarded_bounds::reordering) return;
        if (silence >= guarded_bounds::pause) note_pause(header);
        identity_ = {header.ssrc, header.timestamp, header.sequence_number};
        has_identity_ = true;
    }
    void note_pause(const rtp_header& header) noexcept;
    [[nodiscard]] const endpoint* former_still_used(time_point now) const noexcept;
    void count_guess(const rtp_header& header) noexcept;
    [[nodiscard]] bool is_signalled_host(const endpoint& source) const noexcept;
    [[nodiscard]] bool is_known_host(const endpoint& source) const noexcept;
    [[nodiscard]] bool is_back(const arrival& packet) const noexcept;
    [[nodiscard]] bool goes_on(const rtp_header& header, time_point now) const noexcept;
    [[nodiscard]] bool found_behind_nat() const noexcept;
    [[nodiscard]] bool move_is_announced(time_point now) const noexcept;

    endpoint remote_;
    endpoint signalled_;
    endpoint former_;  ///< locked: where the stream was before it moved; open: before the new address
    candidate candidate_;
    position identity_;          ///< of the latched stream, the latest packet
    coarse_time heard_at_;       ///< when the latched source was last heard
    coarse_time signalled_at_;   ///< when an address was last signalled
    coarse_time known_host_at_;  ///< while open: when a host the party is known to be on was last heard
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
    bool known_host_heard_ : 1 = false;  ///< while open
    bool moves_ : 1 = false;             ///< a changed private address was signalled for a party behind NAT
    bool stays_ : 1 = false;          ///< open: the old source sends on although a new address was signalled
    bool pauses_ : 1 = false;         ///< the latched stream suppresses silence (RFC 3389)
    bool rtp_has_moved_ : 1 = false;  ///< RTCP: and RTCP may follow
};

}  // namespace rtpproxy
