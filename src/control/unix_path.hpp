#pragma once

#include <boost/system/error_code.hpp>

#include <sys/types.h>

#include <string>

namespace rtpproxy {

/// The file of a bound Unix socket, told from another one that took its place by its inode.
class unix_path {
  public:
    /// Of the socket just bound at `path`; also found again after a change of the working directory.
    explicit unix_path(const std::string& path);

    /// Removes the file unless another program has put its own in its place.
    void remove() const noexcept;

    /// Removes a socket left behind at `path`. Nothing there is fine; anything but a socket is left alone and
    /// gives `address_in_use`.
    [[nodiscard]] static boost::system::error_code remove_stale(const std::string& path) noexcept;

  private:
    std::string absolute_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace rtpproxy
