#include "dtmf_command.hpp"

#include "rtpproxy/protocol/notice_tag.hpp"

#include <charconv>
#include <utility>

namespace rtpproxy {
namespace {

std::optional<std::uint8_t> parse_payload_type(std::string_view text) {
    constexpr unsigned highest = 127;
    unsigned value = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value > highest) return std::nullopt;
    return static_cast<std::uint8_t>(value);
}

}  // namespace

std::optional<dtmf_command> parse_dtmf_command(std::span<const std::string_view> arguments) {
    if (arguments.empty() || arguments.size() > 3) return std::nullopt;
    auto tag = decode_notice_tag(arguments[0]);
    if (!tag) return std::nullopt;
    dtmf_command result{.tag = *std::move(tag)};
    if (arguments.size() > 1) {
        const auto payload_type = parse_payload_type(arguments[1]);
        if (!payload_type) return std::nullopt;
        result.payload_type = *payload_type;
    }
    if (arguments.size() > 2) {
        if (arguments[2] != "h" && arguments[2] != "H") return std::nullopt;
        result.swallow = true;
    }
    return result;
}

}  // namespace rtpproxy
