#include "rtpproxy/app/pid_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace rtpproxy {
namespace {

using cause = pid_file_error::cause;

constexpr std::size_t longest_contents = 32;  // octets; of what may be a process id

std::string id_line(pid_t id) {
    return std::to_string(id) + "\n";
}

/// What the file begins with: one octet more than a process id has at most.
std::string read_contents(int file) {
    std::array<char, longest_contents + 1> contents{};
    const auto size = ::pread(file, contents.data(), contents.size(), 0);
    return {contents.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto begin = std::min(text.find_first_not_of(blanks), text.size());
    return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Nothing, as a program leaves it that may not unlink it, or a number.
bool may_be_pid_file(std::string_view contents) {
    const auto text = without_blanks(contents);
    return contents.size() <= longest_contents && (text.empty() || is_number(text));
}

bool is_running(pid_t id) {
    return ::kill(id, 0) == 0 || errno == EPERM;
}

/// The running process whose id the file holds; 0 when it holds none, as before its program is ready.
pid_t process_named_in(int file) {
    const auto contents = read_contents(file);
    const auto text = without_blanks(contents);
    pid_t id = 0;
    if (!is_number(text)) return 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} && id > 0 && is_running(id) ? id : 0;
}

}  // namespace

pid_file::pid_file(const std::filesystem::path& path, std::optional<uid_t> future_user) {
    if (path.empty() || path == "/dev/null") return;
    path_ = path;
    auto found = file_place::find(path);
    if (!found) fail_with_errno("cannot open the pid file", found.error().value());
    place_ = std::move(*found);
    // One that ends removes the file under our hands; the next attempt makes a new one.
    for (int attempts = 16; attempts > 0; --attempts)
        if (try_take(future_user)) return;
    fail(cause::in_use, "other programs keep removing the pid file");
}

pid_file::pid_file(pid_file&& other) noexcept
    : path_(std::move(other.path_)),
      place_(std::move(other.place_)),
      file_(std::move(other.file_)),
      identity_(other.identity_),
      regular_(other.regular_),
      made_(std::exchange(other.made_, false)),
      written_by_(std::exchange(other.written_by_, 0)) {}

pid_file& pid_file::operator=(pid_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(place_, other.place_);
    std::swap(file_, other.file_);
    std::swap(identity_, other.identity_);
    std::swap(regular_, other.regular_);
    std::swap(made_, other.made_);
    std::swap(written_by_, other.written_by_);
    return *this;
}

/// @returns false if the file lost its name before it was locked.
bool pid_file::try_take(std::optional<uid_t> future_user) {
    open_or_make();
    struct stat taken {};
    if (::fstat(file_.get(), &taken) != 0) fail_with_errno("cannot look at the pid file");
    regular_ = S_ISREG(taken.st_mode);
    if (!regular_) return true;
    identity_ = identity_of(taken);
    const bool made = std::exchange(made_, false);  // removed only once it is locked
    lock();
    if (!place_->holds(identity_)) return false;
    made_ = made;
    refuse_foreign(taken, future_user);
    return true;
}

/// Not with O_CREAT at once: in directories like /tmp the kernel may keep that from opening what is there.
void pid_file::open_or_make() {
    constexpr int reader_is_optional = O_NONBLOCK;  // a FIFO
    constexpr int flags = O_RDWR | O_NOCTTY | reader_is_optional;
    constexpr mode_t readable_by_all = 0644;
    file_ = place_->open(flags);
    if (!file_ && errno == ENOENT) {
        file_ = place_->open(flags | O_CREAT | O_EXCL, readable_by_all);
        made_ = static_cast<bool>(file_);
        if (!file_ && errno == EEXIST) file_ = place_->open(flags);
    }
    if (file_) return;
    if (errno == ELOOP)
        fail(cause::foreign, "the pid file is a symbolic link, which is not followed; name the file itself");
    fail_with_errno("cannot open the pid file");
}

void pid_file::lock() const {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(file_.get(), F_OFD_SETLK, &whole) == 0) return;
    if (errno != EAGAIN && errno != EACCES) fail_with_errno("cannot lock the pid file");
    const pid_t running = process_named_in(file_.get());
    fail(cause::in_use, running != 0 ? "already running with pid " + std::to_string(running) +
                                           "; a second one needs a pid file of its own"
                                     : "another program that is about to run has locked the pid file");
}

void pid_file::refuse_foreign(const struct stat& taken, std::optional<uid_t> future_user) const {
    const auto owner = taken.st_uid;
    if (taken.st_nlink != 1)
        fail(cause::foreign, "the pid file has other names (hard links), so it may be another file");
    if (owner != 0 && owner != ::geteuid() && owner != future_user)
        fail(cause::foreign, "the pid file belongs to user " + std::to_string(owner));
    if (!may_be_pid_file(read_contents(file_.get())))
        fail(cause::foreign,
             "the file holds something else than a process id, and is left as it is; remove it or name "
             "another");
}

void pid_file::write() {
    if (!file_) return;
    const auto text = id_line(::getpid());
    const bool emptied = !regular_ || ::ftruncate(file_.get(), 0) == 0;
    if (!emptied || ::write(file_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        fail_with_errno("cannot write the pid file");
    written_by_ = ::getpid();
}

bool pid_file::is_ours() const {
    if (written_by_ == 0) return made_ && read_contents(file_.get()).empty();
    return written_by_ == ::getpid() && read_contents(file_.get()) == id_line(written_by_);
}

void pid_file::remove() noexcept {
    if (!regular_ || !file_ || !is_ours() || !place_->holds(identity_)) return;
    if (place_->remove(identity_)) return;
    static_cast<void>(::ftruncate(file_.get(), 0) == 0);  // nothing more can be done
}

void pid_file::fail(cause cause, const std::string& why) const {
    throw pid_file_error(cause, "-p " + path_.string() + ": " + why);
}

void pid_file::fail_with_errno(const std::string& what, int error) const {
    fail(cause::unavailable,
         what + ": " + std::generic_category().message(error) + " (" + std::to_string(error) + ")");
}

}  // namespace rtpproxy
