#include "rtpproxy/session/inactivity.hpp"

#include <algorithm>
#include <limits>

namespace rtpproxy {
namespace {

tick saturating_sum(tick base, unsigned seconds) noexcept {
    const auto sum = std::uint64_t{base} + seconds + 1;
    return static_cast<tick>(std::min<std::uint64_t>(sum, std::numeric_limits<tick>::max()));
}

}  // namespace

inactivity::inactivity(mode counting, unsigned setup, unsigned full, tick now, unsigned held) noexcept
    : mode_(counting), restarted_{now, now}, limits_{setup, setup}, full_limits_{full, full} {
    held_limits_.fill(std::max(full, held));
}

void inactivity::complete(tick now) noexcept {
    complete_ = true;
    limits_ = full_limits_;
    restart(now);
}

void inactivity::set_held(side whose, hold_cause why, bool held, tick now) noexcept {
    const bool was_held = is_held();
    holds_.set(2 * static_cast<std::size_t>(why) + index(whose), held);
    if (was_held && !is_held()) restart(now);
}

void inactivity::set_limit(side whose, unsigned seconds, tick now) noexcept {
    for (const side s : both_sides) {
        if (mode_ == mode::independent && s != whose) continue;
        limits_[index(s)] = full_limits_[index(s)] = held_limits_[index(s)] = seconds;
        restarted_[index(s)] = now;
    }
}

bool inactivity::uses_own_limit(side whose) const noexcept {
    return complete_ && own_limits_[index(whose)].has_value();
}

tick inactivity::last_heard(side whose) const noexcept {
    tick last = std::max(restarted_[index(whose)], last_media_[index(whose)]);
    if (mode_ == mode::shared && !uses_own_limit(whose))
        last = std::max(last, last_media_[index(other(whose))]);
    return last;
}

unsigned inactivity::limit_of(side whose) const noexcept {
    return (is_held() ? held_limits_ : limits_)[index(whose)];
}

std::optional<tick> inactivity::expiry_of(side whose) const noexcept {
    if (!uses_own_limit(whose)) return saturating_sum(last_heard(whose), limit_of(whose));
    const unsigned own = *own_limits_[index(whose)];
    if (own == 0) return std::nullopt;
    return saturating_sum(last_heard(whose), own);
}

std::optional<tick> inactivity::expiry() const noexcept {
    const auto callee = expiry_of(side::callee);
    const auto caller = expiry_of(side::caller);
    if (callee && caller) return std::min(*callee, *caller);
    return callee ? callee : caller;
}

std::optional<tick> inactivity::next_look(tick now) const noexcept {
    const auto end = expiry();
    if (!end || !is_held()) return end;
    return std::min(*end, saturating_sum(now, std::min(limits_[0], limits_[1])));
}

unsigned inactivity::remaining(tick now) const noexcept {
    const auto end = expiry();
    if (!end) return limit_of(side::callee);
    return *end > now ? *end - now - 1 : 0;
}

}  // namespace rtpproxy
