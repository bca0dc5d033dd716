#pragma once

#include "rtpproxy/app/resolve_host.hpp"
#include "rtpproxy/net/local_addresses.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// One `-l` or `-6` argument: `[label@]addr[/addr2][=adv]`.
struct listen_spec {
    address_family family = address_family::ipv4;
    std::string label;
    std::string internal;    ///< the only address unless `bridging`; may then be empty
    std::string external;    ///< after the slash; may be empty
    bool bridging = false;   ///< it had a slash
    std::string advertised;  ///< after the equals sign
};

/// What `-A a[/b]` says.
struct advertised_spec {
    std::string first;   ///< for the internal network, or for every address without bridging
    std::string second;  ///< for the external network; empty when there was no slash
};

/// The checked outcome of all `-l`, `-6` and `-A`.
struct listen_plan {
    std::vector<local_address> addresses;  ///< default first; with `bridging` internal, external, others
    bool bridging = false;
    std::vector<std::string> warnings;  ///< about parts that have no effect
};

/// A broken rule, and which argument broke it.
struct listen_failure {
    std::optional<std::size_t> index;  ///< into the arguments; empty when it is about `-A`
    std::string reason;
};

/// Most `-l` and `-6` together.
inline constexpr std::size_t max_listen_addresses = 16;

/// Splits one argument. The failure says what was expected.
[[nodiscard]] boost::system::result<listen_spec, std::string> parse_listen(address_family family,
                                                                           std::string_view text);

/// Splits the argument of `-A`.
[[nodiscard]] boost::system::result<advertised_spec, std::string> parse_advertised(std::string_view text);

/// Checks the arguments against each other and resolves them, in the order they were given.
///
/// `advertised` applies to addresses that have none of their own, are no wildcards and are of its family, if
/// it is numeric; when bridging, only to the two bridged addresses.
[[nodiscard]] boost::system::result<listen_plan, listen_failure> plan_listen_addresses(
    std::span<const listen_spec> specs, const std::optional<advertised_spec>& advertised,
    const host_resolver& resolve);

}  // namespace rtpproxy
