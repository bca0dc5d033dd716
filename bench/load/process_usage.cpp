#include "load/process_usage.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace rtpproxy::bench {
namespace {

namespace fs = std::filesystem;

/// The number after `name:` in a /proc status file.
std::uint64_t status_field(const fs::path& status, const std::string& name) {
    std::ifstream file(status);
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1));
    return 0;
}

/// Time on a CPU by the scheduler's account; 0 where the kernel does not keep it.
std::chrono::nanoseconds scheduler_time(const fs::path& task) {
    std::ifstream file(task / "schedstat");
    std::int64_t on_cpu = 0;
    file >> on_cpu;
    return std::chrono::nanoseconds{on_cpu};
}

/// utime and stime of proc_pid_stat(5), fields 14 and 15. The second one, a name, may hold blanks.
std::chrono::nanoseconds tick_time(const fs::path& process) {
    std::ifstream file(process / "stat");
    std::string line;
    std::getline(file, line);
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string skipped;
    for (int i = 3; i < 14; ++i)
        fields >> skipped;
    std::int64_t user = 0;
    std::int64_t system = 0;
    fields >> user >> system;
    return std::chrono::nanoseconds{(user + system) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK))};
}

}  // namespace

process_usage read_usage(pid_t process) {
    const fs::path root = fs::path("/proc") / std::to_string(process);
    if (!fs::exists(root)) throw std::runtime_error("there is no process " + std::to_string(process));
    process_usage usage;
    for (const auto& task : fs::directory_iterator(root / "task")) {
        usage.cpu += scheduler_time(task.path());
        usage.context_switches += status_field(task.path() / "status", "voluntary_ctxt_switches") +
                                  status_field(task.path() / "status", "nonvoluntary_ctxt_switches");
    }
    if (usage.cpu == std::chrono::nanoseconds{0}) usage.cpu = tick_time(root);
    usage.resident_bytes = status_field(root / "status", "VmRSS") * 1024;
    return usage;
}

process_usage operator-(const process_usage& later, const process_usage& earlier) noexcept {
    return {.cpu = later.cpu - earlier.cpu,
            .context_switches = later.context_switches - earlier.context_switches,
            .resident_bytes = later.resident_bytes};
}

}  // namespace rtpproxy::bench
