#pragma once

#include "rtpproxy/app/settings.hpp"

namespace rtpproxy {

/// Runs the proxy as `chosen` says until it is told to end; the exit status of the process.
///
/// HUP refuses new sessions and ends the program with the last one; TERM, INT and their like end it at once
/// but orderly; a second one of those ends it on the spot. Throws startup_error when it cannot start.
[[nodiscard]] int run_program(const settings& chosen);

}  // namespace rtpproxy
