#pragma once

#include <cstdint>
#include <string>

namespace rtpproxy {

/// A permitted notify target, resolved for one session. Value type; travels between strands.
struct notify_target {
    std::uint32_t id = 0;  ///< of the notifier; stable for the life of the program
};

/// What a session tells the controller, sent as one line to the target: the decoded notify tag, or a key with
/// the tag of its own.
struct notice {
    notify_target target;
    std::string text;          ///< without the newline; tags with control characters do not get here
    std::string call_id = {};  ///< of the session, for the log
};

}  // namespace rtpproxy
