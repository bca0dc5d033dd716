#include "rtpproxy/app/pid_file.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace rtpproxy {
namespace {

std::string id_line(pid_t id) {
    return std::to_string(id) + "\n";
}

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool holds(int file, const std::string& text) {
    std::array<char, 32> contents{};
    const auto size = ::pread(file, contents.data(), contents.size(), 0);
    return size >= 0 && std::string_view(contents.data(), static_cast<std::size_t>(size)) == text;
}

}  // namespace

pid_file::pid_file(const std::filesystem::path& path) {
    if (path.empty() || path == "/dev/null") return;
    path_ = std::filesystem::absolute(path);        // the daemon may change its directory later
    constexpr int reader_is_optional = O_NONBLOCK;  // a FIFO
    constexpr mode_t readable_by_all = 0644;
    file_ = unique_fd(
        ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | reader_is_optional, readable_by_all));
    if (!file_) throw_startup_error("-p " + path.string() + ": cannot open the pid file");
}

pid_file::pid_file(pid_file&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      written_by_(std::exchange(other.written_by_, 0)) {}

pid_file& pid_file::operator=(pid_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    std::swap(written_by_, other.written_by_);
    return *this;
}

void pid_file::write() {
    if (!file_) return;
    const auto text = id_line(::getpid());
    struct stat opened {};
    const bool regular = ::fstat(file_.get(), &opened) == 0 && S_ISREG(opened.st_mode);
    const bool emptied = !regular || ::ftruncate(file_.get(), 0) == 0;
    if (!emptied || ::write(file_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw_startup_error("-p " + path_.string() + ": cannot write the pid file");
    written_by_ = ::getpid();
}

bool pid_file::is_ours() const {
    if (written_by_ == 0 || written_by_ != ::getpid()) return false;
    struct stat opened {};
    struct stat named {};
    return ::fstat(file_.get(), &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
           S_ISREG(named.st_mode) && same_file(opened, named) && holds(file_.get(), id_line(written_by_));
}

void pid_file::remove() noexcept {
    if (!is_ours()) return;
    if (::unlink(path_.c_str()) == 0) return;
    static_cast<void>(::ftruncate(file_.get(), 0) == 0);  // nothing more can be done
}

}  // namespace rtpproxy
