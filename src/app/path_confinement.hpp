#pragma once

#include "rtpproxy/app/sandbox.hpp"

namespace rtpproxy {

/// The version of Landlock's interface that this kernel has; 0 without Landlock.
[[nodiscard]] int landlock_version() noexcept;

/// Limits this thread, and those it starts, to `paths`. Needs no_new_privs and landlock_version() above 0.
/// Throws startup_error, also for a `writable` or `removable` directory that is not there.
void confine_to(const sandbox_paths& paths);

}  // namespace rtpproxy
