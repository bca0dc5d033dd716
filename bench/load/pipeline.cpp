#include "load/pipeline.hpp"

#include <utility>

namespace rtpproxy::bench {

pipeline::pipeline(control_channel& channel, const signalling& protocol, const options& chosen)
    : channel_(channel), protocol_(protocol), options_(chosen) {}

void pipeline::run(const source& begin, const sink& finish) {
    bool more = true;
    while (more || !pending_.empty()) {
        while (more && pending_.size() < options_.outstanding) {
            const auto next = begin();
            more = next.has_value();
            if (next) start(*next);
        }
        take_replies(finish);
        expire(finish);
    }
}

void pipeline::start(const transaction& what) {
    const auto cookie = channel_.next_cookie();
    auto& command = pending_[cookie];
    command = {what, protocol_.request(what.what, *what.about), {}, options_.attempts};
    send(cookie, command);
}

void pipeline::send(std::uint64_t cookie, pending& command) {
    --command.attempts_left;
    command.sent_at = bench_clock::now();
    deadlines_.push_back({command.sent_at + options_.timeout, cookie});
    channel_.send(cookie, command.text);
}

void pipeline::take_replies(const sink& finish) {
    while (const auto reply = channel_.receive()) {
        const auto now = bench_clock::now();
        auto found = pending_.extract(reply->cookie);
        if (found.empty()) continue;  // came twice, or after its time
        const auto& command = found.mapped();
        finish_with({.done = command.what,
                     .reply = protocol_.read_reply(command.what.what, reply->text),
                     .answered = true,
                     .latency = now - command.sent_at},
                    finish);
    }
}

void pipeline::expire(const sink& finish) {
    if (deadlines_.empty()) return;
    const auto now = bench_clock::now();
    while (!deadlines_.empty() && deadlines_.front().at <= now) {
        const auto cookie = deadlines_.front().cookie;
        deadlines_.pop_front();
        const auto found = pending_.find(cookie);
        if (found == pending_.end()) continue;
        if (found->second.attempts_left > 0) {
            send(cookie, found->second);
            continue;
        }
        const auto lost = pending_.extract(found);
        finish_with({.done = lost.mapped().what, .reply = {}, .answered = false, .latency = {}}, finish);
    }
}

void pipeline::finish_with(const transaction_outcome& outcome, const sink& finish) {
    if (const auto next = finish(outcome)) start(*next);
}

}  // namespace rtpproxy::bench
