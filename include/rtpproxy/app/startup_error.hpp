#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace rtpproxy {

/// The program cannot start (or run as asked). `what()` is a sentence for the operator that names the option
/// or file and the remedy; main() prints it and exits with status 1.
class startup_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// `startup_error` for a failed system call: `message: Permission denied (13)`.
[[noreturn]] inline void throw_startup_error(const std::string& message, int error = errno) {
    throw startup_error(message + ": " + std::generic_category().message(error) + " (" +
                        std::to_string(error) + ")");
}

}  // namespace rtpproxy
