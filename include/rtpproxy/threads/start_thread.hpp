#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace rtpproxy {

/// What a thread is there for; decides how it is scheduled.
enum class thread_role : std::uint8_t {
    relaying,    ///< media: scheduled like the thread that starts it, which may be in real time
    background,  ///< disks, decoders, logs: scheduled like any other program's, whatever the starting thread
                 ///< is
};

/// Starts a thread, under a name of at most 15 characters, that blocks all signals but those of its own
/// faults: the others are the control strand's. `body` must not throw.
///
/// The only place where the program makes threads. They are all made at its start, so that a limit of threads
/// shows there and never during a call. Throws std::system_error that names the thread.
[[nodiscard]] std::thread start_thread(const std::string& name, thread_role role, std::function<void()> body);

}  // namespace rtpproxy
