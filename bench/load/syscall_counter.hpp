#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace rtpproxy::bench {

/// Counts the system calls of a process through the kernel's tracepoint raw_syscalls:sys_enter.
///
/// Needs tracefs and the right to trace (root, usually); where it has neither, count() is empty. Threads that
/// begin later are not counted.
class syscall_counter {
  public:
    syscall_counter() = default;
    explicit syscall_counter(pid_t process);

    /// System calls since construction.
    [[nodiscard]] std::optional<std::uint64_t> count() const;

  private:
    std::vector<unique_fd> counters_;  // one for each thread
};

}  // namespace rtpproxy::bench
