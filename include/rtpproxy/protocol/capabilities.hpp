#pragma once

#include <span>
#include <string_view>

namespace rtpproxy {

/// Version of the base protocol, the answer to `V`.
inline constexpr std::string_view base_version = "20040107";

/// One dated extension of the protocol, as `VF` asks for it.
struct capability {
    std::string_view date;
    std::string_view description;
    bool supported;            ///< carried out today
    bool needs_notify_target;  ///< answered 1 only when a notify target is configured
};

/// All extensions of the protocol, oldest first.
[[nodiscard]] std::span<const capability> capabilities() noexcept;

/// The answer to `VF date`.
[[nodiscard]] bool has_capability(std::string_view date, bool notify_configured) noexcept;

}  // namespace rtpproxy
