#pragma once

#include "rtpproxy/media/kernel_random.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/services/play_queue.hpp"
#include "rtpproxy/services/prompt_stream.hpp"
#include "rtpproxy/strands/handler_memory.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <functional>

namespace rtpproxy {

/// Wakes the players of a shard when their packets are due: one timer for all of them.
///
/// Many players would wake the shard tens of thousands of times a second, so wake-ups are at least
/// `shortest_pause` apart: a packet may be that late, one of a lone player is on time. A wake-up serves at
/// most `batch_size` entries before packets and commands get their turn. Everything runs on the shard.
class play_clock {
  public:
    static constexpr duration shortest_pause = std::chrono::microseconds{500};
    static constexpr std::size_t batch_size = 128;

    /// Tells the time.
    using time_source = std::function<time_point()>;

    /// `context` is the shard's and must outlive the clock.
    explicit play_clock(boost::asio::io_context& context, time_source now = &steady_clock::now);
    ~play_clock() { stop(); }

    /// See play_queue::schedule().
    void schedule(play_entry& entry, time_point due) noexcept;

    [[nodiscard]] time_point now() const { return now_(); }
    /// What a new stream begins with: numbers nobody can guess.
    [[nodiscard]] rtp_origin make_origin() noexcept;

    /// Lets the entries that are due now do their work, as the timer does when they are due.
    void run() noexcept;

    /// Wakes nobody any more.
    void stop() noexcept;

  private:
    void run_soon() noexcept;
    void set_timer() noexcept;

    boost::asio::io_context& context_;
    const time_source now_;
    kernel_random random_;
    strand_timer timer_;
    handler_memory next_run_;
    play_queue queue_;
    time_point last_run_{};
    bool will_run_soon_ = false;
    bool stopped_ = false;
};

}  // namespace rtpproxy
