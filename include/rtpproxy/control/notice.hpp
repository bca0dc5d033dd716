#pragma once

#include <cstdint>
#include <string>

namespace rtpproxy {

/// A permitted notify target, resolved for one session. Value type; travels between strands.
struct notify_target {
    std::uint32_t id = 0;  ///< of the notifier; stable for the life of the program
};

/// What a session tells the controller: the decoded notify tag, sent as one line to the target.
struct notice {
    notify_target target;
    std::string text;  ///< without the newline
};

}  // namespace rtpproxy
