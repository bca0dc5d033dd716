#pragma once

#include "rtpproxy/session/side.hpp"

#include <optional>
#include <string_view>

namespace rtpproxy {

/// Which party of a session the from_tag of a command names.
enum class match : unsigned char {
    direct,   ///< the caller: the party that created the session
    reverse,  ///< the callee
};

[[nodiscard]] constexpr side party_named_first(match m) noexcept {
    return m == match::direct ? side::caller : side::callee;
}

/// How `U L P S C Q` find a session: the creating tag is named exactly by from_tag, or by to_tag. A to_tag
/// without media number also names `to_tag;M` when from_tag carries the same M.
[[nodiscard]] std::optional<match> match_stream(std::string_view session_tag, std::string_view from_tag,
                                                std::optional<std::string_view> to_tag) noexcept;

/// How `D R N` find sessions: as above, but a tag without media number names all of its media streams. `D`
/// knows one way more: session_table::find_streams_to_end().
[[nodiscard]] std::optional<match> match_any_stream(std::string_view session_tag, std::string_view from_tag,
                                                    std::optional<std::string_view> to_tag) noexcept;

/// Whether `tag` is `session_tag`, or `session_tag` without its `;medianum`.
[[nodiscard]] bool names_any_stream(std::string_view session_tag, std::string_view tag) noexcept;

/// What follows the last `;` of a tag; empty when there is none.
[[nodiscard]] std::string_view media_number(std::string_view tag) noexcept;

}  // namespace rtpproxy
