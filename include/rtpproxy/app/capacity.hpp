#pragma once

#include <cstdint>
#include <string>

namespace rtpproxy {

/// What bounds the number of sessions.
struct capacity_limits {
    std::uint16_t min_port = 0;      ///< of the media range
    std::uint16_t max_port = 0;      ///< the last port that may be used; its pair must fit below or at it
    std::uint64_t addresses = 1;     ///< local addresses with a port range of their own each
    std::uint64_t open_files = 0;    ///< soft RLIMIT_NOFILE
    std::uint64_t other_files = 0;   ///< open now, for other ends than media: log, control sockets, timers
    std::uint64_t max_sessions = 0;  ///< as configured; 0: no limit
};

/// How many sessions fit.
struct capacity {
    enum class bound : std::uint8_t { ports, open_files, max_sessions };

    std::uint64_t port_pairs = 0;   ///< RTP and RTCP, all addresses together
    std::uint64_t descriptors = 0;  ///< left for media
    std::uint64_t sessions = 0;     ///< at once
    bound limited_by = bound::ports;
};

/// A session holds a port pair for each leg, and a socket for each port.
inline constexpr std::uint64_t pairs_a_session = 2;
inline constexpr std::uint64_t descriptors_a_session = 2 * pairs_a_session;
/// Open files kept back, beyond those open already, for control connections, notices and recordings.
inline constexpr std::uint64_t reserved_descriptors = 64;
/// The same for a given limit of open files: at most an eighth of it.
[[nodiscard]] std::uint64_t descriptors_kept_back(std::uint64_t open_files) noexcept;

/// Even ports whose odd neighbour is in the range too (RFC 3550 §11).
[[nodiscard]] std::uint64_t port_pairs_between(std::uint16_t min_port, std::uint16_t max_port) noexcept;

[[nodiscard]] capacity capacity_of(const capacity_limits& limits) noexcept;

/// `capacity: N sessions (port pairs: .., open files: ..), limited by the ...; raise with ...`
[[nodiscard]] std::string describe(const capacity& found);

}  // namespace rtpproxy
