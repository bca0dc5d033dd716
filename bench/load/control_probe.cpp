#include "load/control_probe.hpp"

#include <algorithm>
#include <array>

namespace rtpproxy::bench {

control_probe::control_probe(const sockaddr_in& server, const signalling& protocol,
                             std::chrono::milliseconds interval)
    : channel_(server), protocol_(protocol), interval_(interval) {}

void control_probe::reset() {
    pending_.clear();
    result_ = {};
}

void control_probe::tick(bench_clock::time_point now) {
    if (now >= next_at_) {
        next_at_ = std::max(next_at_ + interval_, now);
        send_next();
    }
    if (!pending_.empty()) take_replies();
}

void control_probe::send_next() {
    static constexpr std::array cycle{step::ping, step::offer, step::answer, step::remove};
    // Other numbers than those of the calls of a control run, in case both meet one server.
    constexpr std::uint64_t first_call = 1'000'000'000;
    const auto what = cycle[sequence_ % cycle.size()];
    if (what == step::offer) about_ = make_silent_call(first_call + sequence_);
    ++sequence_;
    const auto cookie = channel_.next_cookie();
    pending_[cookie] = {what, bench_clock::now()};
    channel_.send(cookie, protocol_.request(what, about_));
    ++result_.sent;
}

void control_probe::take_replies() {
    while (const auto reply = channel_.receive()) {
        const auto found = pending_.extract(reply->cookie);
        if (found.empty()) continue;
        const auto& [what, sent_at] = found.mapped();
        auto& latency = what == step::ping ? result_.ping : result_.set_up;
        latency.record(bench_clock::now() - sent_at);
        ++result_.answered;
        if (!protocol_.read_reply(what, reply->text).ok) ++result_.refused;
    }
}

}  // namespace rtpproxy::bench
