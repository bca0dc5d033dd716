#include "descriptor.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace rtpproxy::log {
namespace {

bool wait_writable(int descriptor, int milliseconds) noexcept {
    pollfd waiting{descriptor, POLLOUT, 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
}

// After a failed write: whether it is worth another try, and waits until it is.
bool may_try_again(int descriptor) noexcept {
    constexpr int a_second = 1000;
    if (errno == EINTR) return true;
    if (errno != EAGAIN) return false;
    wait_writable(descriptor, a_second);
    return true;
}

}  // namespace

bool write_all(int descriptor, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (!may_try_again(descriptor))
            return false;
    }
    return true;
}

bool try_write(int descriptor, std::string_view bytes) noexcept {
    return wait_writable(descriptor, 0) &&
           ::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

}  // namespace rtpproxy::log
