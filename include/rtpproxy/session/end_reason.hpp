#pragma once

#include <cstdint>
#include <string_view>

namespace rtpproxy {

/// Why a session ended.
enum class end_reason : std::uint8_t {
    deleted,
    timed_out,       ///< nothing was heard of an established session
    never_answered,  ///< the same of one that was not established: the call was not answered in time
    duration_limit,
    shut_down,
};

/// Whether the session ended by itself, which the controller may want to be told of.
[[nodiscard]] constexpr bool is_timeout(end_reason reason) noexcept {
    return reason == end_reason::timed_out || reason == end_reason::never_answered ||
           reason == end_reason::duration_limit;
}

/// The name of the enumerator.
[[nodiscard]] constexpr std::string_view to_string(end_reason reason) noexcept {
    switch (reason) {
        case end_reason::deleted:
            return "deleted";
        case end_reason::timed_out:
            return "timed_out";
        case end_reason::never_answered:
            return "never_answered";
        case end_reason::duration_limit:
            return "duration_limit";
        case end_reason::shut_down:
            return "shut_down";
    }
    return "unknown";
}

}  // namespace rtpproxy
