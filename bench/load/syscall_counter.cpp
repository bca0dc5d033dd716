#include "load/syscall_counter.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace rtpproxy::bench {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> tracepoint_id() {
    for (const auto* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
        std::ifstream file(fs::path(root) / "events/raw_syscalls/sys_enter/id");
        std::uint64_t id = 0;
        if (file >> id) return id;
    }
    return std::nullopt;
}

unique_fd open_counter(std::uint64_t tracepoint, pid_t thread) {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.size = sizeof attributes;
    attributes.config = tracepoint;
    return unique_fd{
        static_cast<int>(::syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC))};
}

}  // namespace

syscall_counter::syscall_counter(pid_t process) {
    const auto tracepoint = tracepoint_id();
    if (!tracepoint) return;
    std::error_code ignored;
    for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task", ignored)) {
        auto counter = open_counter(*tracepoint, std::stoi(task.path().filename().string()));
        if (counter) counters_.push_back(std::move(counter));
    }
}

std::optional<std::uint64_t> syscall_counter::count() const {
    if (counters_.empty()) return std::nullopt;
    std::uint64_t sum = 0;
    for (const auto& each : counters_) {
        std::uint64_t value = 0;
        if (::read(each.get(), &value, sizeof value) == sizeof value) sum += value;
    }
    return sum;
}

}  // namespace rtpproxy::bench
