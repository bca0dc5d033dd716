#include "rtpproxy/services/deadline_timer.hpp"

namespace rtpproxy {

void deadline_timer::set(time_point due) noexcept {
    if (!timer_.due() || due < *timer_.due()) timer_.set(due);
}

}  // namespace rtpproxy
