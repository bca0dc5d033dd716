#include "rtpproxy/session/session_match.hpp"

namespace rtpproxy {

std::string_view media_number(std::string_view tag) noexcept {
    const auto semicolon = tag.rfind(';');
    return semicolon == std::string_view::npos ? std::string_view{} : tag.substr(semicolon + 1);
}

bool names_any_stream(std::string_view session_tag, std::string_view tag) noexcept {
    return session_tag.starts_with(tag) &&
           (session_tag.size() == tag.size() || session_tag[tag.size()] == ';');
}

std::optional<match> match_stream(std::string_view session_tag, std::string_view from_tag,
                                  std::optional<std::string_view> to_tag) noexcept {
    if (session_tag == from_tag) return match::direct;
    if (!to_tag) return std::nullopt;
    if (session_tag == *to_tag) return match::reverse;
    if (names_any_stream(session_tag, *to_tag) && from_tag.find(';') != std::string_view::npos &&
        media_number(from_tag) == media_number(session_tag))
        return match::reverse;
    return std::nullopt;
}

std::optional<match> match_any_stream(std::string_view session_tag, std::string_view from_tag,
                                      std::optional<std::string_view> to_tag) noexcept {
    if (names_any_stream(session_tag, from_tag)) return match::direct;
    if (to_tag && names_any_stream(session_tag, *to_tag)) return match::reverse;
    return std::nullopt;
}

}  // namespace rtpproxy
