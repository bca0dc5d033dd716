#pragma once

#include "rtpproxy/app/settings.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace rtpproxy {

/// The files a confined program can still reach; everything else is out of its sight, whoever owns it.
///
/// A feature that needs files after the start adds its directories here, in permitted_paths(). Paths are
/// absolute. A directory stands for all that is below it.
struct sandbox_paths {
    std::vector<std::filesystem::path> readable;   ///< may be read; those that do not exist are left out
    std::vector<std::filesystem::path> writable;   ///< directories: files may be made, changed, removed
    std::vector<std::filesystem::path> removable;  ///< directories: files may be removed, not made
};

/// What `chosen` needs: to remove Unix control sockets and the pid file at the end, to write recordings, to write
/// call records and make their files anew, and what libraries read. A relative path of a control socket, of
/// recordings or of call records is below `started_in`, the working directory at the start; that of the pid file
/// below the present one.
[[nodiscard]] sandbox_paths permitted_paths(const settings& chosen, const std::filesystem::path& started_in);

/// What the kernel of this host can do for `--sandbox`.
struct sandbox_support {
    bool system_calls = false;  ///< seccomp filters, without which there is no sandbox
    int landlock = 0;           ///< version of Landlock's interface (landlock(7)); 0: not there

    /// A sentence for the operator when something lacks, else empty.
    [[nodiscard]] std::string complaint() const;
};
[[nodiscard]] sandbox_support find_sandbox_support();

/// Confines the process for good (`--sandbox`): this thread and those it starts to `paths` (Landlock), all
/// its threads to the system calls of a relay that has started (seccomp).
///
/// - Starting a program or a process, tracing, mounting, loading code into the kernel kill the process.
/// - Memory cannot be made executable; no file can be opened for writing unless `paths.writable` has one;
///   sockets are TCP, UDP or Unix.
/// - Any other unexpected system call fails with ENOSYS, which libraries are prepared for, and is logged by
///   the kernel.
///
/// Without Landlock in the kernel the files stay readable, as the complaint of what is returned says. To be
/// called when what needs privileges is done and before there are other threads. Throws startup_error when
/// the kernel refuses. Returns what the kernel can do, which cannot be asked any more afterwards.
sandbox_support enter_sandbox(const sandbox_paths& paths);

}  // namespace rtpproxy
