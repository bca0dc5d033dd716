#pragma once

#include "rtpproxy/log/format.hpp"
#include "rtpproxy/log/level.hpp"
#include "rtpproxy/log/uptime.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace rtpproxy::log {

inline constexpr std::int64_t usual_lines_a_second = 500;
inline constexpr std::int64_t burst_seconds = 4;

/// Where lines go and which of them.
struct configuration {
    level threshold = level::err;        ///< lines below it are not even formatted
    bool to_stderr = true;               ///< in the foreground, and for a daemon with `--no_redirect`
    std::optional<int> syslog_facility;  ///< for a daemon: `LOG_DAEMON` and so on; ident `rtpproxy`, with pid
    line_format format = line_format::text;
    /// No flood of commands or packets makes us write more lines than this a second in the long run, after at
    /// most `burst_seconds` times as many at once. `CRIT` lines and `log::always` are exempt and do not use
    /// it up. 1 to 1,000,000.
    std::int64_t lines_a_second = usual_lines_a_second;
    /// Set: text lines on stderr begin with the time since then (`RTPP_LOG_TFORM`, `RTPP_LOG_TSTART`).
    std::optional<std::chrono::nanoseconds> times_since = times_since_from_environment();
};

/// Lines waiting for each of stderr and syslog; a line that finds the queue full is dropped and counted.
inline constexpr std::size_t queued_lines = 4096;

/// How long `stop` waits for a reader that does not read.
inline constexpr std::chrono::milliseconds stop_patience{2000};

/// Lines lost since the program started.
struct losses {
    std::uint64_t rate_limited = 0;  ///< held back by the rate limit
    std::uint64_t overflowed = 0;    ///< the queue of a slow stderr or syslog was full (counted per output)
    std::uint64_t unwritable = 0;    ///< stderr was closed or broken
};

/// Opens the outputs and starts their threads, one each. Until then, and after `stop`, lines go straight to
/// stderr as `rtpproxy: text`.
///
/// Call it once the process has forked for the last time (threads do not survive a fork) and has given up its
/// privileges, which the threads inherit. Where the caller has real-time priority, they go back to an
/// ordinary one at their first line. Starting twice first stops. Throws `std::system_error` or
/// `boost::thread_resource_error` if a thread cannot be made. Not to be called from two threads at once;
/// writers may run meanwhile.
void start(const configuration& wanted);

/// Writes what is queued and ends the outputs' threads. Waits at most `stop_patience` for an output that is
/// stuck, and then leaves its lines behind. Does nothing when not started.
void stop() noexcept;

/// From now on only lines of `least` and graver are written. Any thread.
void set_threshold(level least) noexcept;

/// Lines lost so far. Lost lines are also reported in the log, by at most one line a second.
[[nodiscard]] losses lost_lines() noexcept;

}  // namespace rtpproxy::log
