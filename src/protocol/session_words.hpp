#pragma once

#include "rtpproxy/protocol/command.hpp"

#include "words.hpp"

namespace rtpproxy {

/// The session named by the call-id, which is always the first argument, the tag at `from` and the one behind
/// it.
[[nodiscard]] inline session_selector select_session(const words& arguments, std::size_t from) {
    session_selector session{arguments[1], arguments[from], std::nullopt};
    if (arguments.size() > from + 1) session.to_tag = arguments[from + 1];
    return session;
}

}  // namespace rtpproxy
