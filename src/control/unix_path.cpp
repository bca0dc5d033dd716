#include "unix_path.hpp"

#include <boost/system/errc.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace rtpproxy {
namespace {

using boost::system::error_code;

error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

}  // namespace

unix_path::unix_path(const std::string& path) {
    std::error_code ignored;
    absolute_ = std::filesystem::absolute(path, ignored).string();
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return;
    device_ = found.st_dev;
    inode_ = found.st_ino;
}

void unix_path::remove() const noexcept {
    struct stat found {};
    if (::lstat(absolute_.c_str(), &found) != 0) return;
    if (found.st_dev == device_ && found.st_ino == inode_) ::unlink(absolute_.c_str());
}

error_code unix_path::remove_stale(const std::string& path) noexcept {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? error_code() : last_error();
    if (!S_ISSOCK(found.st_mode)) return make_error_code(boost::system::errc::address_in_use);
    return ::unlink(path.c_str()) != 0 ? last_error() : error_code();
}

}  // namespace rtpproxy
