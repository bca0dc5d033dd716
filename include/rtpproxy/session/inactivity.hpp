#pragma once

#include "rtpproxy/session/side.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

namespace rtpproxy {

/// Whole seconds since the start of the program: the clock sessions age by.
using tick = std::uint32_t;

/// Decides when a silent session is over.
///
/// A session that was last heard of during tick t and may be silent for n seconds ends when tick t+n+1
/// begins, so it lives between n and n+1 seconds. Media only stores the tick it came in; all arithmetic waits
/// until somebody asks.
///
/// Silence means little while a session is on hold: its parties may be silent by right (RFC 3264 §8.4), and
/// while a prompt is played to one of them there may be nobody who hears the other. So it has a limit of its
/// own then. What we send keeps no session: a prompt goes on after the call is over if nobody says so.
///
/// Pure. Belongs to the session's shard.
class inactivity {
  public:
    enum class mode : std::uint8_t {
        shared,       ///< media from either party keeps the session alive
        independent,  ///< each party has to be heard
    };

    /// Why a session is on hold.
    enum class hold_cause : std::uint8_t {
        signalled,  ///< the party was signalled to be
        prompt,     ///< a prompt is played to it
    };

    /// `setup` applies until complete() is called, `full` from then on, and `held` in place of `full` while
    /// the session is on hold, if it is longer. In seconds, at least 1.
    inactivity(mode counting, unsigned setup, unsigned full, tick now, unsigned held = 0) noexcept;

    /// Media from the party `from` was accepted.
    void on_media(side from, tick now) noexcept { last_media_[index(from)] = now; }
    /// The controller touched the session.
    void restart(tick now) noexcept { restarted_.fill(now); }
    /// Both legs exist: the full limit and the legs' own limits apply from now on.
    void complete(tick now) noexcept;
    /// The party `whose` is on hold, or is no longer. What counts from the end of the last hold on is silence
    /// like any other.
    void set_held(side whose, hold_cause why, bool held, tick now) noexcept;
    /// `S ttl=N` for the leg of `whose`; in shared mode for both. Also the limit after complete(), and on
    /// hold.
    void set_limit(side whose, unsigned seconds, tick now) noexcept;
    /// The party's own limit (`t`, `T`): it ends the session by its own silence; 0 = it never does.
    void set_own_limit(side whose, unsigned seconds) noexcept { own_limits_[index(whose)] = seconds; }

    /// The first tick at which the session is over if nothing more is heard; empty when it never is.
    [[nodiscard]] std::optional<tick> expiry() const noexcept;
    /// When to ask again at the latest, so that a hold which ends by itself is not noticed too late.
    [[nodiscard]] std::optional<tick> next_look(tick now) const noexcept;
    /// Seconds left, as `Q` tells them. A session that never ends tells its shared limit.
    [[nodiscard]] unsigned remaining(tick now) const noexcept;

  private:
    [[nodiscard]] std::optional<tick> expiry_of(side whose) const noexcept;
    [[nodiscard]] tick last_heard(side whose) const noexcept;
    [[nodiscard]] bool uses_own_limit(side whose) const noexcept;
    [[nodiscard]] bool is_held() const noexcept { return complete_ && holds_.any(); }
    [[nodiscard]] unsigned limit_of(side whose) const noexcept;

    mode mode_;
    bool complete_ = false;
    std::array<tick, 2> restarted_;
    std::array<tick, 2> last_media_{};
    std::array<unsigned, 2> limits_;
    std::array<unsigned, 2> full_limits_;
    std::array<unsigned, 2> held_limits_;
    std::bitset<4> holds_;  // by cause and party
    std::array<std::optional<unsigned>, 2> own_limits_;
};

}  // namespace rtpproxy
