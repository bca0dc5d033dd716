#include "record_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace rtpproxy {
namespace {

namespace errc = boost::system::errc;

boost::system::error_code last_error() {
    return {errno, boost::system::system_category()};
}

std::optional<struct stat> status_of(int file) {
    struct stat status {};
    if (::fstat(file, &status) != 0) return std::nullopt;
    return status;
}

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Of the whole file. Belongs to the open file, so that closing another descriptor of it does not end it.
int set_lock(int file, short kind) {
    struct flock whole {};
    whole.l_type = kind;
    whole.l_whence = SEEK_SET;
    return ::fcntl(file, F_OFD_SETLK, &whole);
}

/// Writes what the disk takes.
std::pair<std::size_t, boost::system::error_code> write_some(int file, std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto written = ::write(file, bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return {done, last_error()};
        done += static_cast<std::size_t>(written);
    }
    return {done, {}};
}

}  // namespace

record_file::record_file(std::filesystem::path path, std::string_view header)
    : path_(std::move(path)), header_(header) {}

boost::system::error_code record_file::open() {
    constexpr mode_t owner_writes_group_reads = 0640;
    // Non-blocking, because a FIFO would wait for its reader. Means nothing for a regular file.
    unique_fd opened(::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                            owner_writes_group_reads));
    if (!opened) return last_error();
    const auto status = status_of(opened.get());
    if (!status) return last_error();
    if (!S_ISREG(status->st_mode)) return make_error_code(errc::not_supported);
    file_ = std::move(opened);
    return {};
}

bool record_file::is_current() const {
    if (!file_) return false;
    struct stat named {};
    const auto opened = status_of(file_.get());
    return ::stat(path_.c_str(), &named) == 0 && opened && same_file(named, *opened);
}

boost::system::error_code record_file::lock_current() {
    constexpr int most_moves = 10;
    for (int i = 0; i < most_moves; ++i) {
        if (!is_current())
            if (const auto error = open()) return error;
        const bool refused = set_lock(file_.get(), F_WRLCK) != 0;
        if (refused && (errno == EAGAIN || errno == EACCES))
            return make_error_code(errc::resource_unavailable_try_again);
        // Some file systems have no locks: then nobody can keep us out. It may have been moved meanwhile.
        if (is_current()) return {};
        unlock();
    }
    return make_error_code(errc::resource_unavailable_try_again);
}

void record_file::unlock() const {
    static_cast<void>(set_lock(file_.get(), F_UNLCK));
}

std::string record_file::what_comes_first(std::size_t size) const {
    if (size == 0) return header_.empty() ? std::string{} : header_ + '\n';
    char last = '\n';
    const auto read = ::pread(file_.get(), &last, 1, static_cast<off_t>(size) - 1);
    return read == 1 && last != '\n' ? "\n" : "";  // somebody's line was torn
}

record_file::outcome record_file::append(std::string_view lines) {
    if (const auto error = lock_current()) return {.octets = 0, .error = error};
    const auto done = append_locked(lines);
    unlock();
    return done;
}

record_file::outcome record_file::append_locked(std::string_view lines) const {
    const auto status = status_of(file_.get());
    if (!status) return {.octets = 0, .error = last_error()};
    const auto size = static_cast<std::size_t>(status->st_size);
    const auto first = what_comes_first(size);
    const auto [written, error] = write_some(file_.get(), first + std::string(lines));
    if (!error) return {.octets = lines.size(), .error = {}};

    const auto of_lines = written > first.size() ? written - first.size() : 0;
    const auto newline = of_lines == 0 ? lines.npos : lines.rfind('\n', of_lines - 1);
    const auto whole = newline == lines.npos ? 0 : newline + 1;
    take_back_torn_line(size + written, whole == 0 ? size : size + first.size() + whole);
    return {.octets = whole, .error = error};
}

/// Only ours: not if somebody who does not ask for locks wrote behind it. The next line begins anew then.
void record_file::take_back_torn_line(std::size_t size_expected, std::size_t size_wanted) const {
    const auto status = status_of(file_.get());
    if (!status || static_cast<std::size_t>(status->st_size) != size_expected) return;
    if (::ftruncate(file_.get(), static_cast<off_t>(size_wanted)) != 0) return;
}

}  // namespace rtpproxy
