#include "rtpproxy/net/file_place.hpp"

#include <boost/system/errc.hpp>

#include <fcntl.h>

#include <cerrno>

namespace rtpproxy {

boost::system::result<file_place> file_place::find(const std::filesystem::path& path) {
    auto name = path.filename().string();
    if (name.empty() || name == "." || name == "..")
        return make_error_code(boost::system::errc::invalid_argument);
    const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    unique_fd opened(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!opened) return boost::system::error_code(errno, boost::system::system_category());
    return file_place(std::move(opened), std::move(name));
}

unique_fd file_place::open(int flags, mode_t mode) const noexcept {
    return unique_fd(::openat(directory_.get(), name_.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
}

std::optional<struct stat> file_place::status() const noexcept {
    struct stat found {};
    if (::fstatat(directory_.get(), name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return found;
}

bool file_place::holds(const file_identity& file) const noexcept {
    const auto found = status();
    return found && identity_of(*found) == file;
}

bool file_place::remove(const file_identity& file) const noexcept {
    return holds(file) && ::unlinkat(directory_.get(), name_.c_str(), 0) == 0;
}

}  // namespace rtpproxy
