#pragma once

#include "rtpproxy/net/endpoint.hpp"

#include "parsed.hpp"

#include <optional>
#include <string_view>

namespace rtpproxy {

/// The address a media description gives for its sender's RTP.
struct remote_address {
    std::optional<endpoint> where;  ///< empty: none was given, or the media are on hold
    bool hold = false;              ///< the address was all-zero
};

/// Reads `address` and `port` (0..65535).
///
/// Text too short or too long to be an address of `family`, such as a host name, counts as none given. Else
/// it must be numeric, without a zone: RFC 8866 §9 knows none. Errors: `bad_remote_address`.
[[nodiscard]] parsed<remote_address> parse_remote_address(std::string_view address, std::string_view port,
                                                          address_family family);

}  // namespace rtpproxy
