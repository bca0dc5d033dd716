#pragma once

#include <cstdint>
#include <string_view>

namespace rtpproxy::log {

/// How grave a line is, in the classic program's words.
enum class level : std::uint8_t { dbug, info, warn, err, crit };

/// `DBUG`, `INFO`, `WARN`, `ERR` or `CRIT`.
[[nodiscard]] std::string_view level_name(level severity) noexcept;

}  // namespace rtpproxy::log
