#include "file_mover.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/net/unique_fd.hpp"
#include "rtpproxy/strands/run_strand.hpp"
#include "rtpproxy/threads/start_thread.hpp"

#include "disk_health.hpp"
#include "rename_to_new.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

namespace rtpproxy {
namespace {

namespace fs = std::filesystem;

std::error_code write_all(int to, const char* octets, std::size_t count) {
    while (count != 0) {
        const auto written = ::write(to, octets, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return last_system_error();
        octets += written;
        count -= static_cast<std::size_t>(written);
    }
    return {};
}

std::error_code copy_contents(int from, int to) {
    std::array<char, 65536> octets;
    for (;;) {
        const auto got = ::read(from, octets.data(), octets.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return last_system_error();
        if (got == 0) return ::fsync(to) == 0 ? std::error_code{} : last_system_error();
        if (const auto error = write_all(to, octets.data(), static_cast<std::size_t>(got))) return error;
    }
}

std::error_code copy_to(const fs::path& file, const fs::path& target) {
    const unique_fd from{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!from) return last_system_error();
    constexpr mode_t mode = 0666;  // less the umask
    ::unlink(target.c_str());
    const unique_fd to{::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (!to) return last_system_error();
    return copy_contents(from.get(), to.get());
}

std::error_code move_across(const fs::path& file, const fs::path& target) {
    const auto name_at = target.native().rfind('/') + 1;
    const fs::path half_way{target.native().substr(0, name_at) + '.' + target.native().substr(name_at) +
                            ".part"};
    auto error = copy_to(file, half_way);
    if (!error) error = rename_to_new(half_way, target);
    ::unlink((error ? half_way : file).c_str());
    return error;
}

}  // namespace

std::error_code move_file(const fs::path& file, const fs::path& target) {
    const auto error = rename_to_new(file, target);
    return error == std::errc::cross_device_link ? move_across(file, target) : error;
}

file_mover::file_mover()
    : thread_(start_thread("file-mover", thread_role::background,
                           [this] { run_strand(context_, "moving recordings"); })) {}

file_mover::~file_mover() {
    work_.reset();
    thread_.join();
}

void file_mover::move(fs::path file, fs::path target) {
    // Counted out at the end of the job, whatever becomes of it.
    ++pending_;
    auto counted = std::shared_ptr<void>(nullptr, [this, name = target.native()](void*) { forget(name); });
    {
        const std::lock_guard lock{mutex_};
        targets_.insert(target.native());
    }
    boost::asio::post(context_, [file = std::move(file), target = std::move(target), counted] {
        if (const auto error = move_file(file, target))
            log::err(log::global, "recording: cannot move {} to {}: {}; it stays where it is", file.string(),
                     target.string(), log::error_text(error));
    });
}

bool file_mover::is_moving_to(const fs::path& target) const {
    const std::lock_guard lock{mutex_};
    return targets_.contains(target.native());
}

void file_mover::forget(const std::string& target) noexcept {
    const std::lock_guard lock{mutex_};
    targets_.erase(target);
    --pending_;
}

}  // namespace rtpproxy
