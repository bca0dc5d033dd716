#include "rtpproxy/app/limits.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace rtpproxy {
namespace {

rlim_t kernel_open_files_limit() {
    constexpr rlim_t kernel_default = 1024 * 1024;
    rlim_t limit = 0;
    std::ifstream file("/proc/sys/fs/nr_open");
    return file >> limit ? limit : kernel_default;
}

bool try_set_open_files(rlim_t soft, rlim_t hard) {
    const rlimit wanted{soft, hard};
    return ::setrlimit(RLIMIT_NOFILE, &wanted) == 0;
}

}  // namespace

rlimit open_files_limit() {
    rlimit now{};
    if (::getrlimit(RLIMIT_NOFILE, &now) != 0) throw_startup_error("cannot read the limit of open files");
    return now;
}

std::uint64_t open_files_now() {
    const std::filesystem::directory_iterator descriptors("/proc/self/fd");
    return static_cast<std::uint64_t>(std::distance(begin(descriptors), end(descriptors))) -
           1;  // not our own
}

rlimit raise_open_files(rlim_t useful) {
    const rlimit before = open_files_limit();
    const rlim_t target = std::max(before.rlim_max, std::min(useful, kernel_open_files_limit()));
    if (!try_set_open_files(target, target)) try_set_open_files(before.rlim_max, before.rlim_max);
    return open_files_limit();
}

void set_open_files(rlim_t files) {
    if (try_set_open_files(files, files)) return;
    const int failure = errno;
    throw_startup_error("-L " + std::to_string(files) + ": cannot set the limit of open files (hard limit " +
                            std::to_string(open_files_limit().rlim_max) + ", fs.nr_open " +
                            std::to_string(kernel_open_files_limit()) + ")",
                        failure);
}

void allow_core_dumps() noexcept {
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    const rlimit up_to_hard{core.rlim_max, core.rlim_max};
    if (::setrlimit(RLIMIT_CORE, &unlimited) != 0) ::setrlimit(RLIMIT_CORE, &up_to_hard);
    ::prctl(PR_SET_DUMPABLE, 1);
}

void set_nice(int priority) {
    if (::setpriority(PRIO_PROCESS, 0, priority) != 0)
        throw_startup_error("--nice " + std::to_string(priority) + ": cannot set the priority");
}

std::error_code set_scheduling(scheduling_policy policy) noexcept {
    const int kind = policy == scheduling_policy::fifo ? SCHED_FIFO : SCHED_RR;
    const sched_param highest{::sched_get_priority_max(kind)};
    if (::sched_setscheduler(0, kind, &highest) == 0) return {};
    return {errno, std::generic_category()};
}

}  // namespace rtpproxy
