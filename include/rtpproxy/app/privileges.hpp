#pragma once

#include "rtpproxy/app/settings.hpp"

#include <cstdint>
#include <string>

namespace rtpproxy {

/// Turns the process (all its threads) into `who` for good.
///
/// `user:group` takes that user, that group and the user's supplementary groups; `:group` takes the group and
/// drops all supplementary ones, the user stays. With a user and no group it takes the user's login group.
/// (The classic program keeps the group it was started with, mostly root's, which leaves every file of that
/// group open to it.)
///
/// Checks afterwards that there is no way back. Does nothing if `who` asks for nothing, and nothing either
/// when the process is that user and group already. Throws startup_error.
void drop_privileges(const credentials& who);

/// What to do about being the superuser.
struct superuser_verdict {
    enum class kind : std::uint8_t { fine, warn, refuse };
    kind decision = kind::fine;
    std::string message;  ///< for `warn` and `refuse`
};

/// Root without `-u` and `-F` is refused when a UDP control socket listens beyond the loopback addresses:
/// whoever can send it a datagram commands a process that may do anything. Otherwise it gets a warning. (The
/// classic program refuses loopback as well; here the default control socket is UDP on loopback.) A host name
/// other than `localhost` counts as reachable from outside.
[[nodiscard]] superuser_verdict judge_superuser(bool is_superuser, const settings& wanted);

}  // namespace rtpproxy
