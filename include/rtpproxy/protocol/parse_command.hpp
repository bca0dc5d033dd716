#pragma once

#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/protocol/protocol_error.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/result.hpp>

#include <functional>
#include <optional>
#include <string_view>

namespace rtpproxy {

/// Longest command, in octets, on every transport.
inline constexpr std::size_t max_command_octets = 8191;

/// What the parser must know of the configuration to report errors in the protocol's order.
struct parse_context {
    local_addresses& addresses;
    /// The local address the kernel would use to reach `remote` (the `r` modifier); empty when there is no
    /// route.
    std::function<std::optional<boost::asio::ip::address>(const boost::asio::ip::address& remote)> route_to;
};

/// Splits a datagram into its cookie and the command that follows. Views into `datagram`.
struct cookie_and_command {
    std::string_view cookie;   ///< empty: nothing but separators in the datagram, or a NUL within the cookie
    std::string_view command;  ///< may be empty
};
[[nodiscard]] cookie_and_command split_cookie(std::string_view datagram) noexcept;

/// Read with `*`, never with `value()`: parsing does not throw.
using parse_result = boost::system::result<command, protocol_error>;

/// Turns the text of one command, without cookie, into a typed command, which is a view of the text.
///
/// Pure but for `context`: `l` and `r` register addresses, `r` asks for a route. Never throws on any input.
/// Errors come in the protocol's order of precedence: tokens, letter, argument count, modifiers,
/// sub-commands.
[[nodiscard]] parse_result parse_command(std::string_view text, const parse_context& context);

}  // namespace rtpproxy
