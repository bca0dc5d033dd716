#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtpproxy {

/// Why a datagram was not passed on.
enum class drop_reason : std::uint8_t {
    early,                  ///< the session has only one leg yet
    source_refused,         ///< the latch is locked to another source, or takes the signalled one only
    foreign_host,           ///< not the signalled host, which may yet send
    on_trial,               ///< the source has not sent enough to be believed
    not_rtp,                ///< from an unknown source, and no RTP: it cannot prove anything
    payload_type,           ///< from an unknown source, with a payload type nobody signalled
    moved_too_early,        ///< the right stream from elsewhere, while its old source was heard only just now
    other_stream,           ///< from elsewhere, and not the stream the latch is locked to
    former_call,            ///< a stream that the port had in an earlier call
    rtcp_foreign_host,      ///< RTCP from another host than the RTP of the leg
    rate_limited,           ///< more packets a second than a leg may have
    no_destination,         ///< where the other party receives is not known
    loop,                   ///< it came from a port of ours and would go to a port of ours
    forbidden_destination,  ///< where the other party receives is no place for media
    not_for_neighbour,      ///< no media, and the other party is a program of this host
    send_failed,            ///< the kernel refused it
    session_over,           ///< the session ended while its ports were still open
    playing,                ///< a prompt is played to the other party instead
    fed,                    ///< the other party hears the media of another session instead
    swallowed,              ///< an event that was asked to be kept from the other party
};
inline constexpr std::size_t drop_reason_count = 20;

/// A few words for the log.
[[nodiscard]] std::string_view to_string(drop_reason reason) noexcept;

/// Whether the latch of the leg refused the source; false when something else was in the way.
[[nodiscard]] constexpr bool is_refusal(drop_reason reason) noexcept {
    return reason >= drop_reason::source_refused && reason <= drop_reason::rtcp_foreign_host;
}

}  // namespace rtpproxy
