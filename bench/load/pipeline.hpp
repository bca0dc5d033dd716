#pragma once

#include "load/control_channel.hpp"
#include "load/signalling.hpp"
#include "load/test_packet.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

namespace rtpproxy::bench {

/// One command, about a call that outlives it.
struct transaction {
    step what;
    call* about;
};

/// What became of a command.
struct transaction_outcome {
    transaction done;
    step_reply reply;       ///< not `ok` when there was none
    bool answered = false;  ///< false: lost, however often it was sent
    bench_clock::duration latency{};
};

/// Keeps a number of commands outstanding at a relay.
class pipeline {
  public:
    struct options {
        std::size_t outstanding = 16;
        std::chrono::milliseconds timeout{500};  ///< for each attempt
        int attempts = 5;                        ///< 1: a lost command stays lost
    };
    /// What to begin next; empty when there is nothing left to begin.
    using source = std::function<std::optional<transaction>()>;
    /// Takes an outcome and may continue with another command, which takes its place among the outstanding.
    using sink = std::function<std::optional<transaction>(const transaction_outcome&)>;

    /// Both must outlive the pipeline.
    pipeline(control_channel& channel, const signalling& protocol, const options& chosen);

    /// Runs until `begin` has nothing left and nothing is outstanding. Waits by polling the socket without a
    /// pause: it wants a core of its own.
    void run(const source& begin, const sink& finish);

  private:
    struct pending {
        transaction what;
        std::string text;
        bench_clock::time_point sent_at;
        int attempts_left;
    };
    struct deadline {
        bench_clock::time_point at;
        std::uint64_t cookie;
    };

    void start(const transaction& what);
    void send(std::uint64_t cookie, pending& command);
    void take_replies(const sink& finish);
    void expire(const sink& finish);
    void finish_with(const transaction_outcome& outcome, const sink& finish);

    control_channel& channel_;
    const signalling& protocol_;
    const options options_;
    std::unordered_map<std::uint64_t, pending> pending_;
    std::deque<deadline> deadlines_;  // in order of time, since all wait equally long
};

}  // namespace rtpproxy::bench
