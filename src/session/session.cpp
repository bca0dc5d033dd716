#include "rtpproxy/session/session.hpp"

#include <algorithm>
#include <utility>

namespace rtpproxy {

session::session(std::string call_id, std::string from_tag, inactivity initial_life, time_point now)
    : life(initial_life), call_id_(std::move(call_id)), from_tag_(std::move(from_tag)), created_at_(now) {}

void session::update_teaching() noexcept {
    teaching_rules either;
    const bool both_known = std::ranges::none_of(legs_, [](const leg& l) { return l.codecs.empty(); });
    if (both_known)
        for (const leg& each : legs_)
            either.add(each.codecs);
    for (leg& each : legs_)
        each.teaching = {either.payload_types, !each.codecs.empty()};
}

}  // namespace rtpproxy
