#pragma once

#include <chrono>
#include <string>

namespace rtpproxy::log {

/// The text of a line about lines lost since the last report: empty when none were, or when the last report
/// is less than a second old and `at_once` is not set. Any thread.
[[nodiscard]] std::string take_loss_report(std::chrono::steady_clock::time_point now, bool at_once);

}  // namespace rtpproxy::log
