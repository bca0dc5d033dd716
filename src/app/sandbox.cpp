#include "rtpproxy/app/sandbox.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include "path_confinement.hpp"
#include "system_call_filter.hpp"

#include <sys/prctl.h>

#include <system_error>

namespace rtpproxy {
namespace {

namespace fs = std::filesystem;

// The C library looks at the machine (memory, processors), at the time zone and at itself.
std::vector<fs::path> library_files() {
    return {"/usr/share/zoneinfo",     "/usr/lib/locale", "/etc/localtime",
            "/sys/devices/system/cpu", "/proc/self",      "/proc/sys/vm/overcommit_memory",
            "/proc/sys/fs/nr_open",    "/dev/urandom",    "/dev/null"};
}

bool is_unix(const control_socket_spec& socket) {
    using kind = control_socket_spec::kind;
    return socket.transport == kind::unix_one_shot || socket.transport == kind::unix_stream;
}

}  // namespace

sandbox_paths permitted_paths(const settings& chosen, const fs::path& started_in) {
    sandbox_paths permitted;
    permitted.readable = library_files();
    for (const auto& socket : chosen.control_sockets)
        if (is_unix(socket)) permitted.removable.push_back((started_in / socket.path).parent_path());
    if (!chosen.prompt_dir.empty()) permitted.readable.push_back(started_in / chosen.prompt_dir);
    for (const auto& directory : {chosen.record_dir, chosen.spool_dir})
        if (!directory.empty()) permitted.writable.push_back(started_in / directory);
    // Where its directory is missing there is no pid file, and the program goes on.
    const auto of_pid_file = (started_in / chosen.pid_file).parent_path();
    std::error_code unknown;
    if (!chosen.pid_file.empty() && std::filesystem::is_directory(of_pid_file, unknown))
        permitted.removable.push_back(of_pid_file);
    for (const auto& [format, path] : chosen.call_records)
        permitted.writable.push_back((started_in / path).parent_path());
    return permitted;
}

std::string sandbox_support::complaint() const {
    if (!system_calls)
        return "sandbox: this kernel has no system call filters (CONFIG_SECCOMP_FILTER); the program will "
               "not "
               "start with it";
    if (landlock == 0)
        return "sandbox: this kernel has no Landlock, so files are only kept from being written, not from "
               "being "
               "read";
    return {};
}

sandbox_support find_sandbox_support() {
    return {.system_calls = has_system_call_filters(), .landlock = landlock_version()};
}

sandbox_support enter_sandbox(const sandbox_paths& paths) {
    const auto support = find_sandbox_support();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        throw_startup_error("--sandbox: cannot set no_new_privs");
    if (support.landlock > 0) confine_to(paths);
    filter_system_calls(
        {.removing_files = !paths.removable.empty(), .writing_files = !paths.writable.empty()});
    return support;
}

}  // namespace rtpproxy
