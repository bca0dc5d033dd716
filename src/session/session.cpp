#include "rtpproxy/session/session.hpp"

#include <utility>

namespace rtpproxy {

session::session(std::string call_id, std::string from_tag, inactivity initial_life, time_point now)
    : life(initial_life), call_id_(std::move(call_id)), from_tag_(std::move(from_tag)), created_at_(now) {}

}  // namespace rtpproxy
