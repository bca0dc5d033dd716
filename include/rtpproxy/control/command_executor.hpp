#pragma once

#include "rtpproxy/net/time.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rtpproxy {

/// Where a command came from, as far as carrying it out depends on it (`%%CC_SELF%%` notify targets).
struct command_origin {
    std::optional<boost::asio::ip::address> peer;   ///< of the controller; empty over Unix sockets and stdio
    std::optional<boost::asio::ip::address> local;  ///< the address the command arrived on; empty likewise
};

/// Whoever sent a command, as the engine sees it. Called on the control strand only.
class command_sender {
  public:
    command_sender() = default;
    command_sender(const command_sender&) = delete;
    command_sender& operator=(const command_sender&) = delete;
    virtual ~command_sender() = default;

    /// The reply, without cookie and without the trailing newline. Once, possibly before execute() returned.
    virtual void on_reply(std::string reply) noexcept = 0;

    /// There is to be no reply, in place of `reply`: the controller is to think that nobody is here. Where a
    /// transport cannot do so the reply is sent. Once, in place of on_reply().
    virtual void on_silence(std::string reply) noexcept { on_reply(std::move(reply)); }

    /// The command waits for something that concerns its call only, such as a prompt, and nobody else is to
    /// wait for it. At most once, before the reply.
    virtual void on_waiting() noexcept {}
};

/// Carries out commands. The listeners' only view of the engine.
class command_executor {
  public:
    /// Parses and carries out the command in `text`; an empty one is a syntax error. `cookie_octets` is what
    /// the transport will put in front of the reply (cookie and space), so that the whole stays within
    /// max_reply_octets. Neither `text` nor `origin` is needed any more when this returns. Whatever fails,
    /// `sender` is answered, once, unless the engine is stopped before. On the control strand.
    virtual void execute(std::string_view text, const command_origin& origin, std::size_t cookie_octets,
                         std::shared_ptr<command_sender> sender) noexcept = 0;

    /// A retransmitted command was answered from the reply cache (or is still being executed): only counted.
    /// On the control strand.
    virtual void count_retransmission() noexcept = 0;

  protected:
    ~command_executor() = default;
};

/// The answer to a command that could not even be begun for want of memory; short enough to need none.
inline constexpr const char* memory_reply = "E81";

}  // namespace rtpproxy
