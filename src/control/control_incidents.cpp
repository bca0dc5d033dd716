#include "rtpproxy/control/control_incidents.hpp"

#include "rtpproxy/log/log.hpp"

#include <chrono>

namespace rtpproxy {
namespace {

constexpr auto log_interval = std::chrono::minutes(1);

}  // namespace

std::string_view to_string(control_incident incident) noexcept {
    switch (incident) {
        case control_incident::datagram_refused:
            return "datagrams refused (control_allow)";
        case control_incident::connection_refused:
            return "connections refused (control_allow, control_allow_uid)";
        case control_incident::rate_exceeded:
            return "commands dropped (control_rate)";
        case control_incident::queue_full:
            return "commands dropped (too many of that peer waited)";
        case control_incident::connection_limit:
            return "connections closed (max_control_connections)";
        case control_incident::connection_idle:
            return "connections closed (control_idle)";
        case control_incident::reply_lost:
            return "replies not sent";
    }
    return "";
}

bool control_incidents::count(control_incident incident, time_point now) noexcept {
    auto& seen = seen_[static_cast<std::size_t>(incident)];
    if (++seen.count > 1 && now - seen.logged < log_interval) return false;
    seen.logged = now;
    return true;
}

void control_incidents::log(control_incident incident, std::string_view socket,
                            std::string_view details) const noexcept {
    log::warn(log::global, "{}: {}: {} so far, this one: {}", socket, to_string(incident), count_of(incident),
              details);
}

void control_incidents::log_totals() const {
    for (std::size_t i = 0; i < control_incident_count; ++i)
        if (seen_[i].count != 0)
            log::always(log::level::info, log::global, "control sockets since the start: {}: {}",
                        to_string(static_cast<control_incident>(i)), seen_[i].count);
}

}  // namespace rtpproxy
