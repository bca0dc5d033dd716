#pragma once

#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/protocol/protocol_error.hpp"
#include "rtpproxy/protocol/reply.hpp"
#include "rtpproxy/services/prompt_library.hpp"
#include "rtpproxy/services/session_feed.hpp"
#include "rtpproxy/session/relay_packet.hpp"
#include "rtpproxy/session/session.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtpproxy {

/// The media of a session, found before the command that asks for it.
struct offered_feed {
    session_selector source;  ///< as the command has it
    std::shared_ptr<session_feed> feed;
};

/// What a session command needs to know beside its own text.
struct command_context {
    moment when;
    std::size_t reply_limit = max_reply_octets;  ///< octets left for the reply
    bool accept_new_sessions = true;
    std::optional<timeout_notice> on_timeout;  ///< of an update; empty when none is wanted or permitted
    prompt_lookup prompt;                      ///< of a `P`, what media_commands::prompt_wanted() led to
    std::vector<offered_feed> feeds{};  ///< of an update: what `&& C` asks for, unless the source is missing
};

/// The reply to a command, and whether it counts as successful.
struct command_result {
    std::string reply;
    bool success = true;
    /// The search for free ports is not over, and nothing has been changed: the command is to be carried out
    /// again once others have had their turn.
    bool unfinished = false;
    /// A new call was refused that another relay could take: there is no room for it, or the program is
    /// draining.
    bool call_refused = false;
};

[[nodiscard]] command_result failure(protocol_error error);
/// The same for what a leg could not be opened for; unfinished if there is more to try.
[[nodiscard]] command_result failure(protocol_error error, const boost::system::error_code& cause);

}  // namespace rtpproxy
