#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <sys/types.h>

#include <filesystem>

namespace rtpproxy {

/// The file that holds our process id (`-p`).
///
/// Two steps, so that the directory may be root's: opened before privileges are dropped, written when the
/// program is ready. Until written, a file that is there keeps its contents.
///
/// The destructor unlinks the file if it is a regular file under its own name (no symbolic link), still the
/// one opened, and still holds our id; never a device (`-p /dev/null`), never another process's file. Where
/// the directory does not let us unlink, it is left empty. Only the process that wrote it does this, not a
/// forked child.
class pid_file {
  public:
    /// No file.
    pid_file() noexcept = default;
    /// Opens or makes `path`. An empty path and `/dev/null` mean no file. Throws startup_error.
    explicit pid_file(const std::filesystem::path& path);
    pid_file(pid_file&& other) noexcept;
    pid_file& operator=(pid_file&& other) noexcept;
    ~pid_file() { remove(); }

    /// Writes `<pid>\n` of this process. Throws startup_error.
    void write();

  private:
    [[nodiscard]] bool is_ours() const;
    void remove() noexcept;

    std::filesystem::path path_;
    unique_fd file_;
    pid_t written_by_ = 0;  // 0: not written yet
};

}  // namespace rtpproxy
