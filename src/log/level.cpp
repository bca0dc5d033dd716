#include "rtpproxy/log/level.hpp"

namespace rtpproxy::log {

std::string_view level_name(level severity) noexcept {
    switch (severity) {
        case level::dbug:
            return "DBUG";
        case level::info:
            return "INFO";
        case level::warn:
            return "WARN";
        case level::err:
            return "ERR";
        case level::crit:
            break;
    }
    return "CRIT";
}

}  // namespace rtpproxy::log
