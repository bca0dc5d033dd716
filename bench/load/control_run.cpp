#include "load/control_run.hpp"

#include "load/pipeline.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace rtpproxy::bench {
namespace {

using seconds = std::chrono::duration<double>;

/// Carries out offer, answer, remove for one call after another.
class cycle_runner {
  public:
    explicit cycle_runner(seconds time)
        : start_(bench_clock::now()),
          end_(start_ + std::chrono::duration_cast<bench_clock::duration>(time)) {}

    std::optional<transaction> begin() {
        if (bench_clock::now() >= end_) return std::nullopt;
        if (free_.empty()) free_.push_back(&calls_.emplace_back());
        auto* next = free_.back();
        free_.pop_back();
        *next = make_silent_call(number_++);
        return transaction{step::offer, next};
    }

    std::optional<transaction> finish(const transaction_outcome& outcome) {
        ++result_.commands;
        const auto& [what, about] = outcome.done;
        if (outcome.answered) result_.latency[static_cast<std::size_t>(what)].record(outcome.latency);
        if (!outcome.reply.ok) {
            ++(outcome.answered ? result_.refused : result_.lost);
        } else if (what == step::offer) {
            return transaction{step::answer, about};
        } else if (what == step::answer) {
            return transaction{step::remove, about};
        } else {
            ++result_.cycles;
        }
        free_.push_back(about);
        return std::nullopt;
    }

    cycles_result result() {
        result_.seconds = seconds(bench_clock::now() - start_).count();
        return result_;
    }

  private:
    const bench_clock::time_point start_;
    const bench_clock::time_point end_;
    std::deque<call> calls_;
    std::vector<call*> free_;
    std::uint64_t number_ = 0;
    cycles_result result_;
};

/// Sends commands without waiting for replies, then collects these.
class burst {
  public:
    burst(control_channel& channel, const signalling& protocol) : channel_(channel), protocol_(protocol) {}

    void add(step what, const call& about) {
        commands_.push_back({channel_.next_cookie(), what, protocol_.request(what, about), {}, {}});
    }
    void send_all() {
        for (auto& each : commands_) {
            each.sent_at = bench_clock::now();
            channel_.send(each.cookie, each.text);
        }
    }
    /// Until `expected` replies came or nothing has come for a second.
    void collect(std::size_t expected) {
        constexpr auto patience = std::chrono::seconds{1};
        const auto first = commands_.front().cookie;
        auto last_reply = bench_clock::now();
        for (std::size_t came = 0; came < expected && bench_clock::now() - last_reply < patience;) {
            const auto reply = channel_.receive();
            if (!reply || reply->cookie < first || reply->cookie - first >= commands_.size()) continue;
            last_reply = bench_clock::now();
            auto& answered = commands_[reply->cookie - first];
            if (answered.replies.empty()) latency_.record(last_reply - answered.sent_at);
            answered.replies.emplace_back(reply->text);
            ++came;
        }
        last_reply_ = last_reply;
    }

    struct command {
        std::uint64_t cookie;
        step what;
        std::string text;
        bench_clock::time_point sent_at;
        std::vector<std::string> replies;
    };
    [[nodiscard]] const std::vector<command>& commands() const { return commands_; }
    [[nodiscard]] const histogram& latency() const { return latency_; }
    [[nodiscard]] bench_clock::duration duration() const { return last_reply_ - commands_.front().sent_at; }

  private:
    control_channel& channel_;
    const signalling& protocol_;
    std::vector<command> commands_;  // their cookies follow each other
    histogram latency_;
    bench_clock::time_point last_reply_{};
};

void judge(const burst& done, const signalling& protocol, burst_result& result) {
    for (const auto& each : done.commands()) {
        ++result.commands;
        if (each.replies.empty())
            ++result.lost;
        else if (!protocol.read_reply(each.what, each.replies.front()).ok)
            ++result.refused;
        if (each.replies.size() > 1 && each.replies[0] != each.replies[1]) ++result.executed_twice;
    }
}

}  // namespace

cycles_result run_cycles(control_channel& channel, const signalling& protocol, std::size_t outstanding,
                         std::chrono::duration<double> time) {
    cycle_runner runner{time};
    pipeline commands{channel, protocol, {outstanding, std::chrono::seconds{1}, 1}};
    commands.run([&] { return runner.begin(); },
                 [&](const transaction_outcome& outcome) { return runner.finish(outcome); });
    return runner.result();
}

burst_result run_burst(control_channel& channel, const signalling& protocol, std::size_t commands) {
    burst offers{channel, protocol};
    burst removals{channel, protocol};
    std::vector<call> calls;
    for (std::size_t i = 0; i < commands; ++i)
        calls.push_back(make_silent_call(i));
    for (const auto& each : calls)
        offers.add(step::offer, each);
    offers.send_all();
    offers.collect(commands);

    for (const auto& each : calls)
        removals.add(step::remove, each);
    removals.send_all();
    removals.send_all();
    removals.collect(2 * commands);

    burst_result result;
    judge(offers, protocol, result);
    judge(removals, protocol, result);
    result.repeated = commands;
    result.seconds = seconds(offers.duration()).count();
    result.latency = offers.latency();
    return result;
}

}  // namespace rtpproxy::bench
