#include "rtpproxy/media/ticker.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace rtpproxy {

ticker::ticker() : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    if (!fd_) throw std::system_error(errno, std::system_category(), "timerfd_create");
}

void ticker::start(std::chrono::nanoseconds interval) noexcept {
    if (std::exchange(running_, true)) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
    const timespec period{.tv_sec = seconds.count(), .tv_nsec = (interval - seconds).count()};
    const itimerspec every{.it_interval = period, .it_value = period};
    ::timerfd_settime(fd_.get(), 0, &every, nullptr);
}

void ticker::stop() noexcept {
    if (!std::exchange(running_, false)) return;
    const itimerspec never{};
    ::timerfd_settime(fd_.get(), 0, &never, nullptr);
}

void ticker::take() noexcept {
    std::uint64_t ticks = 0;
    [[maybe_unused]] const auto octets = ::read(fd_.get(), &ticks, sizeof ticks);
}

}  // namespace rtpproxy
