#pragma once

#include "rtpproxy/control/control_listener.hpp"

#include "stdio_pump.hpp"
#include "stream_connection.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace rtpproxy {

/// Commands on standard input, replies on standard output. Handlers keep it alive. On the control strand.
class stdio_listener : public std::enable_shared_from_this<stdio_listener> {
  public:
    /// `near_end` and `far_end` are a connected SOCK_SEQPACKET pair; the listener speaks on the near end, a
    /// stdio_pump connects the far end with the descriptors that `settings` names.
    stdio_listener(stream_socket near_end, stream_socket far_end, command_executor& commands,
                   const listener_settings& settings);

    void start();
    void stop();
    [[nodiscard]] std::uint16_t port() const noexcept { return 0; }

  private:
    static boost::asio::awaitable<void> serve(std::shared_ptr<stdio_listener> self);

    stream_socket far_end_;
    int stdin_fd_;
    int stdout_fd_;
    std::function<void()> on_end_of_input_;
    std::shared_ptr<command_gate> gate_;
    bool stopped_ = false;
    std::optional<stdio_pump> pump_;  // destroyed after the connection, to pass on its last words
    std::shared_ptr<stream_connection> connection_;
};

}  // namespace rtpproxy
