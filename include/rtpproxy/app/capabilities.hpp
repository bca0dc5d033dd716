#pragma once

#include "rtpproxy/app/settings.hpp"

#include <string>
#include <vector>

namespace rtpproxy {

/// Capabilities, as numbers of capabilities(7): `CAP_NET_BIND_SERVICE` and so on.
using capability_numbers = std::vector<unsigned>;

/// The capabilities a program with these settings uses after its start:
///
/// - `CAP_NET_BIND_SERVICE` to open media ports below 1024;
/// - `CAP_DAC_OVERRIDE` to connect to a Unix notify socket, which belongs to the controller's user.
///
/// Nothing else: control sockets, limits, priorities, the pid file and the change of user belong to the
/// start.
[[nodiscard]] capability_numbers needed_capabilities(const settings& chosen);

/// Makes sure that no program this thread may start ever gets more than `kept`: no_new_privs, and the
/// bounding set where the process may change it. To be called while the process has one thread, and before
/// drop_privileges(), which takes the right to do so. Throws startup_error.
void forbid_new_privileges(const capability_numbers& kept);

/// Gives up every capability of this thread, and of those it starts from now on, that is not in `kept`. What
/// the process does not have it does not get: after a change from root to an ordinary user nothing is left.
/// Returns the names of what remains, for the log. Throws startup_error.
std::vector<std::string> drop_capabilities(const capability_numbers& kept);

}  // namespace rtpproxy
