#pragma once

#include "load/control_channel.hpp"
#include "load/histogram.hpp"
#include "load/signalling.hpp"
#include "load/test_packet.hpp"

#include <chrono>
#include <unordered_map>

namespace rtpproxy::bench {

/// Sends a control command every so often while media flows: ping, offer, answer, remove in turn.
///
/// Never waits: the media loop calls tick() as often as it likes.
class control_probe {
  public:
    struct result {
        histogram ping;    ///< latency of `V` or `ping`
        histogram set_up;  ///< latency of offer, answer and remove
        std::uint64_t sent = 0;
        std::uint64_t answered = 0;
        std::uint64_t refused = 0;
    };

    /// `interval` is greater than 0.
    control_probe(const sockaddr_in& server, const signalling& protocol, std::chrono::milliseconds interval);

    void tick(bench_clock::time_point now);
    /// Begins to count anew; replies to commands sent before do not count.
    void reset();
    [[nodiscard]] const result& seen() const noexcept { return result_; }

  private:
    struct pending {
        step what;
        bench_clock::time_point sent_at;
    };

    void send_next();
    void take_replies();

    control_channel channel_;
    const signalling& protocol_;
    const bench_clock::duration interval_;
    bench_clock::time_point next_at_{};
    std::uint64_t sequence_ = 0;
    call about_ = make_silent_call(0);
    std::unordered_map<std::uint64_t, pending> pending_;
    result result_;
};

}  // namespace rtpproxy::bench
