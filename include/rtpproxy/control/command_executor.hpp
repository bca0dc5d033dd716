#pragma once

#include "rtpproxy/net/time.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Where a command came from, as far as carrying it out depends on it (`%%CC_SELF%%` notify targets).
struct command_origin {
    std::optional<boost::asio::ip::address> peer;   ///< of the controller; empty over Unix sockets and stdio
    std::optional<boost::asio::ip::address> local;  ///< the address the command arrived on; empty likewise
};

/// Receives the reply of one command, without cookie and without the trailing newline. Called exactly once,
/// on the control strand, possibly before execute() returned.
using reply_handler = std::function<void(std::string reply)>;

/// Carries out commands. The listeners' only view of the engine.
class command_executor {
  public:
    /// Parses and carries out the command in `text`; an empty one is a syntax error. `cookie_octets` is what
    /// the transport will put in front of the reply (cookie and space), so that the whole stays within
    /// max_reply_octets. Neither `text` nor `origin` is needed any more when this returns. On the control
    /// strand.
    virtual void execute(std::string_view text, const command_origin& origin, std::size_t cookie_octets,
                         reply_handler on_reply) = 0;

    /// A retransmitted command was answered from the reply cache (or is still being executed): only counted.
    /// On the control strand.
    virtual void count_retransmission() = 0;

  protected:
    ~command_executor() = default;
};

}  // namespace rtpproxy
