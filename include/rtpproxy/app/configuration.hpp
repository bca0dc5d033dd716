#pragma once

#include "rtpproxy/app/settings.hpp"

#include <filesystem>
#include <iosfwd>
#include <variant>

namespace rtpproxy {

/// The program is to end now, with this status.
struct exit_code {
    int value = 0;
};

/// Either go on with these settings or end.
using configuration_result = std::variant<settings, exit_code>;

/// The file read when none is named, if it exists.
inline const std::filesystem::path default_configuration_file = "/etc/rtpproxy/rtpproxy.conf";

/// Puts the settings together from the command line, the environment (`RTPPROXY_...`), the configuration file
/// and the defaults; earlier ones win, option by option. Looks up host, user and group names, which may
/// block.
///
/// What the operator asked to see (`--help`, `-v`, `--check-config`, ...) goes to `out`, the one line that
/// says what is wrong to `err`. Never throws for bad input and never ends the process: mistakes give
/// exit_code{1}.
///
/// Not thread safe: it uses getopt_long().
[[nodiscard]] configuration_result load_configuration(
    int argc, char** argv, char** envp, std::ostream& out, std::ostream& err,
    const std::filesystem::path& default_file = default_configuration_file);

}  // namespace rtpproxy
