// Preloaded before libfaketime, which takes absolute times of timers for wall-clock times whatever their
// clock is: after a step of the clock, timers of CLOCK_MONOTONIC would never expire. The event loop has such
// timers.

#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int timerfd_settime(int fd, int flags, const struct itimerspec* value, struct itimerspec* old_value) {
    return (int)syscall(SYS_timerfd_settime, fd, flags, value, old_value);
}
