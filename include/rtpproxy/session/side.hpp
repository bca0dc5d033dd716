#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtpproxy {

/// The two parties of a session, and the legs that face them. The caller is the party whose tag created the
/// session. The callee's leg is opened first: its port is told to the callee, and what arrives there is the
/// callee's media.
enum class side : std::uint8_t { callee = 0, caller = 1 };

[[nodiscard]] constexpr side other(side s) noexcept {
    return s == side::callee ? side::caller : side::callee;
}
[[nodiscard]] constexpr std::size_t index(side s) noexcept {
    return static_cast<std::size_t>(s);
}

/// `caller` or `callee`.
[[nodiscard]] constexpr std::string_view to_string(side s) noexcept {
    return s == side::caller ? "caller" : "callee";
}

inline constexpr side both_sides[] = {side::callee, side::caller};

}  // namespace rtpproxy
