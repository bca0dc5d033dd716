#pragma once

#include "rtpproxy/app/startup_error.hpp"
#include "rtpproxy/net/file_place.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <sys/types.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>

namespace rtpproxy {

/// There can be no pid file, or it is not ours to write. `what()` as startup_error.
class pid_file_error : public startup_error {
  public:
    enum class cause : unsigned char {
        unavailable,  ///< it cannot be made, opened, locked or written: no directory, no permission, a full
                      ///< disk
        foreign,      ///< what is there may be something else than a pid file, or another user's
        in_use,       ///< another program that runs, or is about to, has it
    };
    pid_file_error(cause why, const std::string& message) : startup_error(message), why_(why) {}
    [[nodiscard]] cause why() const noexcept { return why_; }

  private:
    cause why_;
};

/// The file that holds our process id (`-p`), and the lock that tells a running program from one that is
/// gone.
///
/// Two steps: taken before anything else is (as root, since the directory may be root's), written when the
/// program is ready. The lock (OFD, of the whole file) is there from the first step until the last process
/// that inherited the file ends; a fork keeps it. Until written, a file that is there keeps its contents.
///
/// Whoever owns the directory may put what he likes under the name. So a symbolic link is not followed, and a
/// regular file is taken only if it has no other name, belongs to us, to root or to the user that the program
/// is going to be, and holds nothing or a process id: no other file is ever changed. A device or a FIFO is
/// written to, and neither locked nor removed.
///
/// The destructor unlinks the file if it is a regular file under its own name, still the one taken, and still
/// holds our id. Where the directory does not let us unlink, it is left empty. Only the process that wrote it
/// does this, not a forked child. A file that was made here and never written goes, too.
class pid_file {
  public:
    /// No file.
    pid_file() noexcept = default;
    /// Takes or makes `path`, which is relative to the working directory of this moment. An empty path and
    /// `/dev/null` mean no file. `future_user` is the one that privileges are going to be dropped to. Throws
    /// pid_file_error.
    explicit pid_file(const std::filesystem::path& path, std::optional<uid_t> future_user = {});
    pid_file(pid_file&& other) noexcept;
    pid_file& operator=(pid_file&& other) noexcept;
    ~pid_file() { remove(); }

    /// Writes `<pid>\n` of this process. Throws pid_file_error.
    void write();

  private:
    [[nodiscard]] bool try_take(std::optional<uid_t> future_user);
    void open_or_make();
    void lock() const;
    void refuse_foreign(const struct stat& taken, std::optional<uid_t> future_user) const;
    [[nodiscard]] bool is_ours() const;
    void remove() noexcept;
    [[noreturn]] void fail(pid_file_error::cause cause, const std::string& why) const;
    [[noreturn]] void fail_with_errno(const std::string& what, int error = errno) const;

    std::filesystem::path path_;  // for messages
    std::optional<file_place> place_;
    unique_fd file_;
    file_identity identity_;
    bool regular_ = false;
    bool made_ = false;     // by us, and empty until written
    pid_t written_by_ = 0;  // 0: not written yet
};

}  // namespace rtpproxy
