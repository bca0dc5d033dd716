#pragma once

#include "rtpproxy/net/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

namespace rtpproxy {

/// What control sockets turn away or lose.
enum class control_incident : std::uint8_t {
    datagram_refused,    ///< its source is in no allowed network
    connection_refused,  ///< likewise, or its user is not allowed
    rate_exceeded,       ///< a datagram beyond `--control-rate`
    queue_full,          ///< a datagram of a peer for which too much waits already
    connection_limit,    ///< a connection beyond `--max-control-connections`
    connection_idle,     ///< a connection whose peer was idle for longer than `--control-idle`
    reply_lost,          ///< the kernel did not take a datagram with a reply
};
inline constexpr std::size_t control_incident_count = 7;

/// What happened, in the plural: `datagrams refused (control_allow)`.
[[nodiscard]] std::string_view to_string(control_incident incident) noexcept;

/// Counts incidents and logs each kind of them once a minute at most, as anybody may cause them at any rate.
/// On the control strand.
class control_incidents {
  public:
    /// Counts one at the control socket `socket`. `describe()` gives the text on it for a line that is
    /// written.
    template <typename Describe>
    void note(control_incident incident, std::string_view socket, Describe describe) noexcept {
        if (!count(incident, steady_clock::now())) return;
        try {
            log(incident, socket, describe());
        } catch (const std::exception&) {  // no memory for the text
            log(incident, socket, "?");
        }
    }

    [[nodiscard]] std::uint64_t count_of(control_incident incident) const noexcept {
        return seen_[static_cast<std::size_t>(incident)].count;
    }

    /// Logs how many there were of each kind that occurred.
    void log_totals() const;

  private:
    struct history {
        std::uint64_t count = 0;
        time_point logged{};
    };

    [[nodiscard]] bool count(control_incident incident, time_point now) noexcept;
    void log(control_incident incident, std::string_view socket, std::string_view details) const noexcept;

    std::array<history, control_incident_count> seen_;
};

}  // namespace rtpproxy
