#pragma once

#include <chrono>
#include <string_view>

namespace rtpproxy::log {

/// Writes one CRIT line straight to the outputs that are open, past queue, threads and heap: for the handlers
/// of fatal signals, async-signal-safe. `text` is ours: plain ASCII without quotes or controls, at most 200
/// octets.
void write_from_signal_handler(std::string_view text) noexcept;

/// Gives the outputs' threads up to `patience` to write what is queued. Async-signal-safe. Best effort: the
/// thread that died may be one of them, or hold what they need.
void drain_from_signal_handler(std::chrono::milliseconds patience) noexcept;

}  // namespace rtpproxy::log
