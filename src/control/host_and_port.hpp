#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rtpproxy {

/// `HOST:PORT`, parted at the last colon. Views into the text.
struct host_and_port {
    std::string_view host;  ///< without the brackets an IPv6 address may stand in
    std::string_view port;  ///< empty when there is none
};

[[nodiscard]] inline host_and_port split_host_and_port(std::string_view text) noexcept {
    host_and_port parts{text, {}};
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && !text.ends_with(']'))
        parts = {text.substr(0, colon), text.substr(colon + 1)};
    if (parts.host.starts_with('[') && parts.host.ends_with(']'))
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    return parts;
}

/// A whole string of decimal digits, 0 to 65535.
[[nodiscard]] inline std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

}  // namespace rtpproxy
