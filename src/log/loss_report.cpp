#include "loss_report.hpp"

#include "rtpproxy/log/token_bucket.hpp"

#include "state.hpp"

#include <fmt/core.h>

namespace rtpproxy::log {
namespace {

token_bucket one_a_second(1, 1);
std::atomic<std::uint64_t> reported{0};

}  // namespace

std::string take_loss_report(std::chrono::steady_clock::time_point now, bool at_once) {
    const losses lost = lost_lines();
    const auto total = lost.rate_limited + lost.overflowed + lost.unwritable;
    if (total == reported.load(std::memory_order_relaxed)) return {};
    if (!one_a_second.try_take(now) && !at_once) return {};
    const auto before = reported.exchange(total);
    if (total <= before) return {};
    return fmt::format(
        "{} log lines suppressed (since the start: {} above {} lines/s, {} for want of queue space, "
        "{} unwritable)",
        total - before, lost.rate_limited, state.lines_a_second.load(), lost.overflowed, lost.unwritable);
}

}  // namespace rtpproxy::log
