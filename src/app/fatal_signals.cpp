#include "rtpproxy/app/fatal_signals.hpp"

#include "rtpproxy/app/startup_error.hpp"
#include "rtpproxy/log/emergency.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <string.h>

#include <array>
#include <chrono>

namespace rtpproxy {
namespace {

using namespace std::chrono_literals;

constexpr auto log_patience = 200ms;
constexpr std::array fatal_signals{SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS};

// SA_RESETHAND has put the default action back; the signal that raise() leaves pending acts when we return.
void die_by(int number) {
    std::array<char, 64> space;
    const auto end = fmt::format_to_n(space.data(), space.size(), "killed by signal {} (SIG{})", number,
                                      ::sigabbrev_np(number))
                         .out;
    log::drain_from_signal_handler(log_patience);
    log::write_from_signal_handler({space.data(), static_cast<std::size_t>(end - space.data())});
    ::raise(number);
}

void use_own_stack() {
    constexpr std::size_t stack_size = 64 * 1024;
    alignas(std::max_align_t) static std::array<char, stack_size> stack;
    stack_t own{};
    own.ss_sp = stack.data();
    own.ss_size = stack.size();
    if (::sigaltstack(&own, nullptr) != 0) throw_startup_error("cannot set up the signal stack");
}

}  // namespace

void install_fatal_signal_handlers() {
    use_own_stack();
    struct sigaction action {};
    action.sa_handler = die_by;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    for (const int number : fatal_signals)
        if (::sigaction(number, &action, nullptr) != 0) throw_startup_error("cannot handle signals");
    ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace rtpproxy
