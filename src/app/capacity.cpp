#include "rtpproxy/app/capacity.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

namespace rtpproxy {
namespace {

std::uint64_t minus(std::uint64_t from, std::uint64_t amount) noexcept {
    return from - std::min(from, amount);
}

struct bound_name {
    std::string_view limit;
    std::string_view remedy;
};

bound_name name_of(capacity::bound bound) noexcept {
    switch (bound) {
        case capacity::bound::ports:
            return {"port range", "-m and -M"};
        case capacity::bound::open_files:
            return {"open files", "-L, or LimitNOFILE= in the unit file"};
        case capacity::bound::max_sessions:
            break;
    }
    return {"configured number of sessions", "--max-sessions"};
}

}  // namespace

std::uint64_t port_pairs_between(std::uint16_t min_port, std::uint16_t max_port) noexcept {
    const std::uint32_t first_even = (min_port + 1u) & ~1u;
    const std::uint32_t behind_last = max_port + 1u;
    return behind_last > first_even ? (behind_last - first_even) / 2 : 0;
}

std::uint64_t descriptors_kept_back(std::uint64_t open_files) noexcept {
    return std::min(reserved_descriptors, open_files / 8);
}

capacity capacity_of(const capacity_limits& limits) noexcept {
    capacity found;
    found.port_pairs = port_pairs_between(limits.min_port, limits.max_port) * limits.addresses;
    found.descriptors =
        minus(limits.open_files, limits.other_files + descriptors_kept_back(limits.open_files));
    const auto by_ports = found.port_pairs / pairs_a_session;
    const auto by_files = found.descriptors / descriptors_a_session;
    found.sessions = std::min(by_ports, by_files);
    found.limited_by = by_files < by_ports ? capacity::bound::open_files : capacity::bound::ports;
    if (limits.max_sessions != 0 && limits.max_sessions < found.sessions) {
        found.sessions = limits.max_sessions;
        found.limited_by = capacity::bound::max_sessions;
    }
    return found;
}

std::string describe(const capacity& found) {
    const auto [limit, remedy] = name_of(found.limited_by);
    return fmt::format(
        "capacity: {} sessions (port pairs: {}, open files: {}), limited by the {}; raise with {}",
        found.sessions, found.port_pairs, found.descriptors, limit, remedy);
}

}  // namespace rtpproxy
