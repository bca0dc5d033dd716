#include "rtpproxy/services/play_queue.hpp"

namespace rtpproxy {

void play_queue::schedule(play_entry& entry, time_point due) noexcept {
    entry.unlink();
    entry.due_ = due;
    entries_.insert(entry);
}

std::optional<time_point> play_queue::next_due() const noexcept {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->due_;
}

bool play_queue::run_due(time_point now, std::size_t limit) noexcept {
    for (; !entries_.empty() && entries_.begin()->due_ <= now; --limit) {
        if (limit == 0) return true;
        play_entry& first = *entries_.begin();
        first.unlink();
        if (const auto next = first.do_due_work(now))
            schedule(first, *next);
        else
            first.on_all_done();
    }
    return false;
}

}  // namespace rtpproxy
