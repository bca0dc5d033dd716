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

inactivity::inactivity(mode counting, unsigned setup, unsigned full, tick now) noexcept
    : mode_(counting), restarted_{now, now}, limits_{setup, setup}, full_limits_{full, full} {}

void inactivity::complete(tick now) noexcept {
    complete_ = true;
    limits_ = full_limits_;
    restart(now);
}

void inactivity::set_limit(side whose, unsigned seconds, tick now) noexcept {
    for (const side s : both_sides) {
        if (mode_ == mode::independent && s != whose) continue;
        limits_[index(s)] = full_limits_[index(s)] = seconds;
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

std::optional<tick> inactivity::expiry_of(side whose) const noexcept {
    if (!uses_own_limit(whose)) return saturating_sum(last_heard(whose), limits_[index(whose)]);
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

unsigned inactivity::remaining(tick now) const noexcept {
    const auto end = expiry();
    if (!end) return limits_[0];
    return *end > now ? *end - now - 1 : 0;
}

}  // namespace rtpproxy
