#include "disk_file.hpp"

#include "rtpproxy/log/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace rtpproxy {

bool disk_file::fail(const std::error_code& why, time_point now) {
    disk_.failed(path_, why, now);
    return false;
}

// Another file of the name may be a recording, or a link to somewhere else. That it is there is no trouble of
// the disk.
bool disk_file::ready(time_point now) {
    if (file_) return true;
    if (!disk_.may_try(now)) return false;
    constexpr mode_t mode = 0666;  // less the umask
    file_ = unique_fd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    taken_ = !file_ && errno == EEXIST;
    if (taken_) return false;
    if (!file_) return fail(last_system_error(), now);
    ++generation_;
    disk_.succeeded(now);
    return true;
}

bool disk_file::write(std::span<const std::byte> octets, std::uint64_t offset, time_point now) {
    while (!octets.empty()) {
        const auto written = ::pwrite(file_.get(), octets.data(), octets.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail(last_system_error(), now);
        offset += static_cast<std::uint64_t>(written);
        octets = octets.subspan(static_cast<std::size_t>(written));
    }
    disk_.succeeded(now);
    return true;
}

bool disk_file::resize(std::uint64_t octets, time_point now) {
    return ::ftruncate(file_.get(), static_cast<off_t>(octets)) == 0 || fail(last_system_error(), now);
}

void disk_file::let_go_if_removed() {
    struct stat status {};
    if (!file_ || ::fstat(file_.get(), &status) != 0 || status.st_nlink != 0) return;
    file_ = unique_fd{};
    log::warn(log::global, "recording: {} was removed, what comes next goes to a new one", path_.string());
}

}  // namespace rtpproxy
