#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace rtpproxy::bench {

/// What a process has used since it began.
struct process_usage {
    std::chrono::nanoseconds cpu{};      ///< user and system, of all its threads that still run
    std::uint64_t context_switches = 0;  ///< voluntary and not
    std::uint64_t resident_bytes = 0;    ///< now, not a difference
};

/// Reads /proc/PID. The times come from the scheduler, in nanoseconds, where the kernel offers them, else in
/// ticks of 10 ms. Throws std::runtime_error when there is no such process.
[[nodiscard]] process_usage read_usage(pid_t process);

/// What was used between two readings; memory is that of the later one.
[[nodiscard]] process_usage operator-(const process_usage& later, const process_usage& earlier) noexcept;

}  // namespace rtpproxy::bench
