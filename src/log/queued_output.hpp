#pragma once

#include "rtpproxy/log/sinks.hpp"

#include <memory>

namespace rtpproxy::log {

/// Name of the record attribute that holds the `entry`.
inline constexpr const char* entry_attribute = "Entry";

/// One place lines go to, with a bounded queue and a thread of its own. The destructor writes what is queued,
/// but waits no longer than `stop_patience`: a thread that is stuck then is left to itself.
class output {
  public:
    virtual ~output() = default;
};

[[nodiscard]] std::unique_ptr<output> open_stderr(const configuration& wanted);
[[nodiscard]] std::unique_ptr<output> open_syslog(const configuration& wanted);

}  // namespace rtpproxy::log
