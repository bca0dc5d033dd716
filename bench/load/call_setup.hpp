#pragma once

#include "load/pipeline.hpp"

#include <netinet/in.h>

#include <span>
#include <string>

namespace rtpproxy::bench {

/// Asks the relay until it answers. Throws std::runtime_error when it does not within `patience`.
void wait_until_ready(control_channel& channel, const signalling& protocol, std::chrono::seconds patience);

/// Sets up all calls and fills in the relay's ports; lost commands are repeated. Throws std::runtime_error
/// when the relay refuses one.
void set_up(std::span<call> calls, control_channel& channel, const signalling& protocol);

/// Sends `commands` about each call, one after the other; lost ones are repeated. `{call}` in a command
/// stands for the call-id, `{sink_host}` and `{sink_port}` for an address that throws packets away. Throws
/// std::runtime_error when the relay refuses one.
void ask_for_services(std::span<const call> calls, control_channel& channel,
                      std::span<const std::string> commands, const sockaddr_in& sink);

/// Ends all calls; lost commands are repeated, refusals passed over.
void tear_down(std::span<call> calls, control_channel& channel, const signalling& protocol);

}  // namespace rtpproxy::bench
