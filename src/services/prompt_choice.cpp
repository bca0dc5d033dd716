#include "rtpproxy/services/prompt_choice.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace rtpproxy {
namespace {

bool uses_list_of_session(const asked_prompt& asked) {
    return asked.codecs == "session";
}

template <typename Part>
bool has(const std::vector<frame_format>& formats, Part frame_format::*part, const Part& wanted) noexcept {
    return std::ranges::find(formats, wanted, part) != formats.end();
}

std::string list_of(const std::vector<frame_format>& formats) {
    std::string list;
    for (const auto& each : formats) {
        if (!list.empty()) list += ',';
        list += std::to_string(each.payload_type);
    }
    return list;
}

}  // namespace

prompt_choice::prompt_choice(const session& of, side to, std::span<const dynamic_payload> dynamic)
    : own_(of.leg_facing(to).codecs),
      others_(of.leg_facing(other(to)).codecs),
      dynamic_(dynamic),
      own_formats_(read_playable_formats(own_, dynamic)),
      others_formats_(read_playable_formats(others_, dynamic)) {}

std::optional<prompt_request> prompt_choice::request(const asked_prompt& asked,
                                                     std::optional<std::uint8_t> present) const {
    const std::string& list = uses_list_of_session(asked) ? own_ : asked.codecs;
    if (list.empty()) return std::nullopt;
    auto formats = read_playable_formats(list, dynamic_);
    if (formats.empty()) return prompt_request{.name = asked.name, .codecs = list};
    std::ranges::stable_sort(formats, {}, [&](const frame_format& each) {
        return std::tuple{!is_agreed(each), each.payload_type != present};
    });
    return prompt_request{.name = asked.name, .codecs = list_of(formats)};
}

bool prompt_choice::is_agreed(const frame_format& format) const noexcept {
    const auto type = format.payload_type;
    const bool is_own = own_.empty() || has(own_formats_, &frame_format::payload_type, type);
    // Each party numbers its dynamic types itself (RFC 3264 §5.1).
    const bool is_others = others_.empty() || has(others_formats_, &frame_format::codec, format.codec);
    return is_own && is_others;
}

play_order order_of(const asked_prompt& asked, const session& session, side to) noexcept {
    play_order order{.count = asked.count};
    const auto& ptime = session.leg_facing(other(to)).ptime;
    if (uses_list_of_session(asked) && ptime) order.packet_length = *ptime;
    return order;
}

}  // namespace rtpproxy
