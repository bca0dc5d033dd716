#pragma once

#include <string_view>

namespace rtpproxy::log {

/// Writes all of `bytes`, waiting while `descriptor` (blocking or not) takes nothing. False when it is
/// broken. Async-signal-safe.
bool write_all(int descriptor, std::string_view bytes) noexcept;

/// The same, giving up on a descriptor that takes nothing now, as far as that can be known beforehand.
bool try_write(int descriptor, std::string_view bytes) noexcept;

}  // namespace rtpproxy::log
