#pragma once

#include "rtpproxy/app/settings.hpp"

#include <sys/resource.h>

#include <cstdint>
#include <system_error>

namespace rtpproxy {

/// Open files (RLIMIT_NOFILE) that raise_open_files() asks for: both media ports of a full port range on 16
/// addresses.
inline constexpr rlim_t useful_open_files = rlim_t{1} << 20;

/// RLIMIT_NOFILE as it stands.
[[nodiscard]] rlimit open_files_limit();

/// Descriptors this process has open (`capacity_limits::other_files`, when asked before any session).
[[nodiscard]] std::uint64_t open_files_now();

/// Raises the soft limit of open files to the hard one and, where the process may, the hard one up to
/// `useful` or to the kernel's own limit (`fs.nr_open`), whichever is less. Never lowers anything, never
/// fails. Returns what holds now.
rlimit raise_open_files(rlim_t useful = useful_open_files);

/// Sets soft and hard limit to `files` (`-L`). Throws startup_error.
void set_open_files(rlim_t files);

/// Lets a crash leave a core of any size, after a change of user as well. To be called after
/// drop_privileges(). Best effort: the hard limit may forbid it.
void allow_core_dumps() noexcept;

/// Sets the priority of the process (`--nice`): -20 (most urgent) to 20. Throws startup_error.
void set_nice(int priority);

/// Gives this thread, and those it starts from now on, real-time scheduling at the highest priority (`-c`).
/// The operator should know of a failure, but it is no reason to stop.
[[nodiscard]] std::error_code set_scheduling(scheduling_policy policy) noexcept;

}  // namespace rtpproxy
