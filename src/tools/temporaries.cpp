#include "temporaries.hpp"

#include "rtpproxy/tools/output_file.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

namespace rtpproxy {

namespace {

std::array<std::atomic<const char*>, 64> temporaries{};

/// Async-signal-safe.
void remove_all_temporaries(int signal) noexcept {
    for (const auto& temporary : temporaries)
        if (const char* path = temporary.load()) ::unlink(path);
    // The handler was reset; the signal is delivered once this returns.
    static_cast<void>(std::raise(signal));
}

}  // namespace

void remember_temporary(const std::filesystem::path& path) noexcept {
    if (path.empty()) return;
    for (auto& place : temporaries) {
        const char* nothing = nullptr;
        if (place.compare_exchange_strong(nothing, path.c_str())) return;
    }
}

void forget_temporary(const std::filesystem::path& path) noexcept {
    for (auto& place : temporaries) {
        const char* remembered = path.c_str();
        if (place.compare_exchange_strong(remembered, nullptr)) return;
    }
}

void remove_temporaries_on_signals() {
    struct sigaction action {};
    action.sa_handler = remove_all_temporaries;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : {SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ})
        ::sigaction(signal, &action, nullptr);
}

}  // namespace rtpproxy
