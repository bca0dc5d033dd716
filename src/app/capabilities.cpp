#include "rtpproxy/app/capabilities.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <cap-ng.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>

namespace rtpproxy {
namespace {

constexpr std::uint16_t first_unprivileged_port = 1024;
constexpr auto permitted_and_effective = static_cast<capng_type_t>(CAPNG_PERMITTED | CAPNG_EFFECTIVE);

void read_own_capabilities() {
    if (::capng_get_caps_process() != 0) throw_startup_error("cannot read the capabilities of the process");
}

bool has_permitted(unsigned number) {
    return ::capng_have_capability(CAPNG_PERMITTED, number) != 0;
}

capability_numbers permitted_of(const capability_numbers& wanted) {
    capability_numbers found;
    std::ranges::copy_if(wanted, std::back_inserter(found), has_permitted);
    return found;
}

// Whether nothing beyond `kept` is permitted or could come with an exec: then nothing has to be done, which
// matters where a system call filter forbids capset.
bool holds_only(const capability_numbers& kept) {
    for (unsigned number = 0; number <= CAP_LAST_CAP; ++number) {
        const bool held = has_permitted(number) || ::capng_have_capability(CAPNG_INHERITABLE, number) != 0;
        if (held && std::ranges::find(kept, number) == kept.end()) return false;
    }
    return true;
}

}  // namespace

capability_numbers needed_capabilities(const settings& chosen) {
    capability_numbers needed;
    if (chosen.min_port < first_unprivileged_port) needed.push_back(CAP_NET_BIND_SERVICE);
    const auto names = chosen.notify_targets.permitted_names();
    const auto is_unix = [](std::string_view name) { return name.starts_with("unix:"); };
    if (std::ranges::any_of(names, is_unix)) needed.push_back(CAP_DAC_OVERRIDE);
    return needed;
}

void forbid_new_privileges(const capability_numbers& kept) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_startup_error("cannot set no_new_privs");
    read_own_capabilities();
    if (::capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 0) return;
    ::capng_clear(CAPNG_SELECT_BOUNDS);
    for (const unsigned number : kept)
        ::capng_update(CAPNG_ADD, CAPNG_BOUNDING_SET, number);
    if (::capng_apply(CAPNG_SELECT_BOUNDS) != 0)
        throw_startup_error("cannot reduce the bounding set of capabilities");
}

std::vector<std::string> drop_capabilities(const capability_numbers& kept) {
    read_own_capabilities();
    const auto remaining = permitted_of(kept);
    if (!holds_only(kept)) {
        ::capng_clear(CAPNG_SELECT_CAPS);
        for (const unsigned number : remaining)
            ::capng_update(CAPNG_ADD, permitted_and_effective, number);
        if (::capng_apply(CAPNG_SELECT_CAPS) != 0) throw_startup_error("cannot give up capabilities");
    }
    std::vector<std::string> names;
    for (const unsigned number : remaining)
        names.emplace_back(::capng_capability_to_name(number));
    return names;
}

}  // namespace rtpproxy
