#pragma once

#include "rtpproxy/codec/codec_id.hpp"
#include "rtpproxy/services/prompt.hpp"
#include "rtpproxy/services/prompt_library.hpp"
#include "rtpproxy/services/prompt_stream.hpp"
#include "rtpproxy/session/session.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rtpproxy {

/// What a `P` asked for.
struct asked_prompt {
    std::string name;
    std::string codecs;  ///< as written: payload types, or `session`
    int count = 1;       ///< as of play_order
};

/// What a prompt is to be played as to one party of a session, by the descriptions that are signalled now.
///
/// A party receives the payload types of its own description; those whose codec the other party's description
/// has as well are what the two agreed on (RFC 3264 §6.1). Where a description has no `c` nothing is known of
/// it, and it agrees with everything. Pure; refers to the session and to `dynamic`.
class prompt_choice {
  public:
    prompt_choice(const session& of, side to, std::span<const dynamic_payload> dynamic);

    /// The list to choose from, for the first one that there is something to play for: first what
    /// is_agreed(), then the rest, which the party may have listed or not; each in the order asked for, but
    /// `present`, what is played now, goes before its equals. Payload types that prompts cannot have are left
    /// out, unless there are no others. Empty when the list is that of the session and the party's
    /// description has none.
    [[nodiscard]] std::optional<prompt_request> request(
        const asked_prompt& asked, std::optional<std::uint8_t> present = std::nullopt) const;

    /// Whether a payload type is in all descriptions that are known.
    [[nodiscard]] bool is_agreed(const frame_format& format) const noexcept;

  private:
    const std::string& own_;  // as signalled
    const std::string& others_;
    std::span<const dynamic_payload> dynamic_;
    std::vector<frame_format> own_formats_;
    std::vector<frame_format> others_formats_;
};

/// How to play it to a party: one from the party's own list also keeps to the packet length that is asked for
/// in the party's direction.
[[nodiscard]] play_order order_of(const asked_prompt& asked, const session& session, side to) noexcept;

}  // namespace rtpproxy
