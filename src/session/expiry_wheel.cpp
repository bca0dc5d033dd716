#include "rtpproxy/session/expiry_wheel.hpp"

#include <algorithm>

namespace rtpproxy {

void expiry_wheel::schedule(expiry_entry& entry, tick due) noexcept {
    entry.unlink();
    entry.due = std::max(due, now_ + 1);
    slots_[entry.due % slot_count].push_back(entry);
}

void expiry_wheel::cancel(expiry_entry& entry) noexcept {
    entry.unlink();
}

void expiry_wheel::collect(list& slot) noexcept {
    for (auto it = slot.begin(); it != slot.end();) {
        expiry_entry& entry = *it++;
        if (entry.due > now_) continue;
        entry.unlink();
        due_.push_back(entry);
    }
}

void expiry_wheel::advance(tick now) noexcept {
    const auto steps = std::min<std::size_t>(now - now_, slot_count);
    const tick first = now_ + 1;
    now_ = now;
    for (std::size_t step = 0; step < steps; ++step)
        collect(slots_[(first + step) % slot_count]);
}

expiry_entry* expiry_wheel::next_due() noexcept {
    if (due_.empty()) return nullptr;
    expiry_entry& entry = due_.front();
    due_.pop_front();
    return &entry;
}

}  // namespace rtpproxy
