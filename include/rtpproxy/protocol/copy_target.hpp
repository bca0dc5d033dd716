#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Where `C` shall send copies: `udp:HOST:PORT`.
struct remote_copy_target {
    std::string host;        ///< a name or a numeric address, without the brackets of IPv6; never empty
    std::uint16_t port = 0;  ///< for RTP; 1 to 65534, as RTCP goes to the next one

    /// The host as an address; empty when it is a name. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is
    /// the IPv4 address in it.
    [[nodiscard]] std::optional<boost::asio::ip::address> address() const;
};

/// Whether the target of a `C` names another host: `udp:` or `udp6:` in front, in any case. If not, it is the
/// name of a file.
[[nodiscard]] bool is_remote_copy(std::string_view target) noexcept;

/// Reads `udp:HOST:PORT`. The last colon ends the host, which may be `[2001:db8::1]` or `2001:db8::1`.
/// `udp6:` is the same with an IPv6 address. Empty when the text is something else.
[[nodiscard]] std::optional<remote_copy_target> parse_remote_copy_target(std::string_view target);

}  // namespace rtpproxy
