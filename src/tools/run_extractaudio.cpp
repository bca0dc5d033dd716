#include "rtpproxy/tools/extract_audio.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ostream>

namespace rtpproxy {

namespace {

/// Where the system does not allow that, the work is done all the same.
void leave_the_processor_to_others() noexcept {
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, 19));
    const sched_param parameters{};
    static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &parameters));
}

}  // namespace

int run_extractaudio(int argc, char** argv, std::ostream& out, std::ostream& err) {
    const auto read = read_extract_options(argc, argv, out, err);
    if (const auto* exit_code = std::get_if<int>(&read)) return *exit_code;
    const auto& options = std::get<extract_options>(read);
    if (options.idle_priority) leave_the_processor_to_others();

    std::function<void(std::uint64_t)> on_progress;
    if (::isatty(STDERR_FILENO) != 0)
        on_progress = [&err](std::uint64_t seconds) {
            err << '\r' << seconds / 60 << " minutes of audio\r" << std::flush;
        };
    return static_cast<int>(extract_audio(options, out, err, on_progress));
}

}  // namespace rtpproxy
