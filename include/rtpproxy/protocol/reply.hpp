#pragma once

#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/protocol/protocol_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// Longest reply, in octets, cookie and newline included.
inline constexpr std::size_t max_reply_octets = 1024;

/// What became of one sub-command: 0 or -1, and the text it answers when it has one.
struct subcommand_result {
    int code = 0;
    std::string text;
};

/// `E<n>`.
[[nodiscard]] std::string format_error(protocol_error error);

/// `<port>`, `<port> <address>` or `<port> <address> 6`: where the returned leg listens.
[[nodiscard]] std::string format_port(std::uint16_t port, const local_address& local);

/// Appends what the sub-commands answered: ` && <text>` or ` && -1`, with ` && 0` in front of it for each
/// silent predecessor. When `limit` octets would be exceeded, ` && -1` takes the place of the rest.
void append_subcommand_results(std::string& reply, const std::vector<subcommand_result>& results,
                               std::size_t limit);

}  // namespace rtpproxy
