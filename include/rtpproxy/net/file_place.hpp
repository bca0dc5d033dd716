#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace rtpproxy {

/// Which file it is, whatever its name. A number comes back only after the file is gone and nobody has it
/// open or bound.
struct file_identity {
    dev_t device = 0;
    ino_t inode = 0;

    bool operator==(const file_identity&) const = default;
};

[[nodiscard]] inline file_identity identity_of(const struct stat& status) noexcept {
    return {status.st_dev, status.st_ino};
}

/// A name in a directory. The directory is held open, so that one that is renamed or replaced later leads
/// nowhere else, and a symbolic link under the name is never followed.
class file_place {
  public:
    /// The place that `path` names now. Errors: of opening its directory, `invalid_argument` if `path` ends
    /// in no name.
    [[nodiscard]] static boost::system::result<file_place> find(const std::filesystem::path& path);

    /// As openat(2); errno tells why there is none.
    [[nodiscard]] unique_fd open(int flags, mode_t mode = 0) const noexcept;
    /// What has the name, as lstat(2); empty when nothing has, or it cannot be told.
    [[nodiscard]] std::optional<struct stat> status() const noexcept;
    /// Whether the name is still that of `file`.
    [[nodiscard]] bool holds(const file_identity& file) const noexcept;
    /// Takes the name away if it is that of `file`. @returns whether it was, and is gone.
    bool remove(const file_identity& file) const noexcept;

  private:
    file_place(unique_fd directory, std::string name) noexcept
        : directory_(std::move(directory)), name_(std::move(name)) {}

    unique_fd directory_;
    std::string name_;
};

}  // namespace rtpproxy
