#pragma once

namespace rtpproxy {

/// From now on QUIT, ILL, TRAP, ABRT, FPE, BUS, SEGV and SYS write what the log has queued and a CRIT line
/// with the signal's name, and then end the process by that same signal: the shell sees 128 + signal, and a
/// core is left where allow_core_dumps() allowed one.
///
/// Also ignores PIPE. The handlers run on a stack of their own in the calling thread (main), so that its
/// stack overflow is reported as well.
void install_fatal_signal_handlers();

}  // namespace rtpproxy
