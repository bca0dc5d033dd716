#include "rtpproxy/app/capacity.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace rtpproxy {
namespace {

std::uint64_t minus(std::uint64_t from, std::uint64_t amount) noexcept {
    return from - std::min(from, amount);
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
    return found;
}

std::string describe(const capacity& found) {
    const bool by_ports = found.limited_by == capacity::bound::ports;
    return fmt::format(
        "capacity: {} sessions (port pairs: {}, open files: {}), limited by the {}; raise with {}",
        found.sessions, found.port_pairs, found.descriptors, by_ports ? "port range" : "open files",
        by_ports ? "-m and -M" : "-L, or LimitNOFILE= in the unit file");
}

}  // namespace rtpproxy
