#include "disk_health.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include "path_in.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace rtpproxy {
namespace {

constexpr auto try_interval = std::chrono::seconds{1};
constexpr auto calm = std::chrono::seconds{5};  // without failure, before the trouble is said to be over

}  // namespace

std::error_code last_system_error() noexcept {
    return {errno, std::system_category()};
}

bool disk_health::may_try(time_point now) noexcept {
    if (usable()) return true;
    if (now < next_try_) return false;
    next_try_ = now + try_interval;
    return true;
}

void disk_health::failed(const std::filesystem::path& file, const std::error_code& why, time_point now) {
    usable_.store(false, std::memory_order_relaxed);
    next_try_ = now + try_interval;
    last_failure_ = now;
    if (std::exchange(trouble_told_, true)) return;
    lost_before_trouble_ = lost_;
    log::err(log::global, "recording: cannot write {}: {}; calls go on, their recordings are incomplete",
             file.string(), log::error_text(why));
}

void disk_health::succeeded(time_point now) {
    usable_.store(true, std::memory_order_relaxed);
    if (!trouble_told_ || now < last_failure_ + calm) return;
    trouble_told_ = false;
    log::warn(log::global, "recording: the disk takes recordings again; {} packets are missing",
              lost_ - lost_before_trouble_);
}

void disk_health::probe(const std::filesystem::path& directory, time_point now) {
    if (!may_try(now)) return;
    const auto path = path_in(directory, ".rtpproxy-probe");
    const unique_fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    constexpr char octet = 0;
    const bool written = file && ::write(file.get(), &octet, 1) == 1;
    const auto error = last_system_error();
    if (file) ::unlink(path.c_str());
    if (written)
        succeeded(now);
    else
        failed(path, error, now);
}

}  // namespace rtpproxy
