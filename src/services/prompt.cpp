#include "rtpproxy/services/prompt.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace rtpproxy {
namespace {

using std::chrono::milliseconds;

constexpr frame_format playable[] = {
    {.payload_type = 0, .octets = 8, .duration = milliseconds{1}, .ticks = 8},
    {.payload_type = 3, .octets = 33, .duration = milliseconds{20}, .ticks = 160},
    {.payload_type = 4, .octets = 24, .duration = milliseconds{30}, .ticks = 240},
    {.payload_type = 8, .octets = 8, .duration = milliseconds{1}, .ticks = 8},
    {.payload_type = 9, .octets = 8, .duration = milliseconds{1}, .ticks = 8},
    {.payload_type = 18, .octets = 10, .duration = milliseconds{10}, .ticks = 80},
};

}  // namespace

std::optional<frame_format> frame_format_of(unsigned payload_type) noexcept {
    const auto* found = std::ranges::find(playable, payload_type, &frame_format::payload_type);
    if (found == std::end(playable)) return std::nullopt;
    return *found;
}

std::vector<frame_format> read_playable_formats(std::string_view codecs) {
    std::vector<frame_format> formats;
    const char* at = codecs.data();
    const char* const end = at + codecs.size();
    while (at != end) {
        unsigned number = 0;
        const auto [stopped, error] = std::from_chars(at, end, number);
        if (stopped == at) break;
        const auto format = error == std::errc{} ? frame_format_of(number) : std::nullopt;
        if (format && std::ranges::find(formats, *format) == formats.end()) formats.push_back(*format);
        at = stopped == end ? end : stopped + 1;
    }
    return formats;
}

}  // namespace rtpproxy
