#pragma once

#include "rtpproxy/net/file_place.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/error_code.hpp>

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace rtpproxy {

/// The file of a bound Unix socket, told from another one that took its place by its inode.
class unix_path {
  public:
    /// Of the socket just bound at `path`; also found again after a change of the working directory. Errors:
    /// as file_place::find(); `no_such_file_or_directory` and `not_a_socket` if somebody has removed or
    /// replaced the file.
    [[nodiscard]] static boost::system::result<unix_path> of_bound(const std::string& path);

    /// Changes the owner of this very file; whoever owns the directory cannot put another one forward.
    /// @returns the error.
    [[nodiscard]] boost::system::error_code give_to(std::optional<uid_t> owner,
                                                    std::optional<gid_t> group) const noexcept;

    /// Removes the file unless another program has put its own in its place.
    void remove() const noexcept { place_.remove(identity_); }

    /// Makes room at `path` for a socket: removes what a program that is gone has left. Nothing there is
    /// fine. What belongs to a running program is left alone (`already_connected`), and so is what is no
    /// socket
    /// (`file_exists`); other errors: `permission_denied` for a socket that we may not connect to, what
    /// unlinking failed for.
    [[nodiscard]] static boost::system::error_code remove_stale(const std::string& path) noexcept;

  private:
    unix_path(file_place place, unique_fd file, const file_identity& identity) noexcept
        : place_(std::move(place)), file_(std::move(file)), identity_(identity) {}

    file_place place_;
    unique_fd file_;  // O_PATH; while it is there, no other file has its inode
    file_identity identity_;
};

/// Keeps other programs of this kind from looking for a stale socket, and making their own, in the same
/// directory at the same time: else one of two that start at once may take the other's new socket for the
/// stale one both have seen. A lock (flock) of the directory, given up in the end.
///
/// It is waited for no longer than a start may take. Whoever can read the directory can take the lock for
/// ever; so that he cannot keep us from starting, we go on without it then, as where it cannot be had at all.
class socket_directory_lock {
  public:
    /// Of the directory of `path`.
    explicit socket_directory_lock(const std::filesystem::path& path);

  private:
    unique_fd directory_;
};

}  // namespace rtpproxy
