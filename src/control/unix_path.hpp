#pragma once

#include "rtpproxy/net/file_place.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/error_code.hpp>

#include <filesystem>
#include <string>

namespace rtpproxy {

/// The file of a bound Unix socket, told from another one that took its place by its inode.
class unix_path {
  public:
    /// Of the socket just bound at `path`; also found again after a change of the working directory. Errors:
    /// as file_place::find(), `no_such_file_or_directory` if the file has gone.
    [[nodiscard]] static boost::system::result<unix_path> of_bound(const std::string& path);

    /// Removes the file unless another program has put its own in its place. To be called while the socket is
    /// still open: as long as it is, no other file has its inode.
    void remove() const noexcept { place_.remove(socket_); }

    /// Makes room at `path` for a socket: removes what a program that is gone has left. Nothing there is
    /// fine. What belongs to a running program is left alone (`already_connected`), and so is what is no
    /// socket
    /// (`file_exists`); other errors: `permission_denied` for a socket that we may not connect to, what
    /// unlinking failed for.
    [[nodiscard]] static boost::system::error_code remove_stale(const std::string& path) noexcept;

  private:
    unix_path(file_place place, const file_identity& socket) noexcept
        : place_(std::move(place)), socket_(socket) {}

    file_place place_;
    file_identity socket_;
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
