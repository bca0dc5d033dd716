#pragma once

#include <cstdint>
#include <string_view>

namespace rtpproxy {

/// Why a session ended.
enum class end_reason : std::uint8_t { deleted, timed_out, duration_limit, shut_down };

/// The name of the enumerator.
[[nodiscard]] constexpr std::string_view to_string(end_reason reason) noexcept {
    switch (reason) {
        case end_reason::deleted:
            return "deleted";
        case end_reason::timed_out:
            return "timed_out";
        case end_reason::duration_limit:
            return "duration_limit";
        case end_reason::shut_down:
            return "shut_down";
    }
    return "unknown";
}

}  // namespace rtpproxy
