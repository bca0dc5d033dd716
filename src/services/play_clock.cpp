#include "rtpproxy/services/play_clock.hpp"

#include <algorithm>
#include <utility>

namespace rtpproxy {

play_clock::play_clock(boost::asio::io_context& context, time_source now)
    : context_(context), now_(std::move(now)), timer_(context, [this](time_point) { run(); }) {}

rtp_origin play_clock::make_origin() noexcept {
    return {
        .ssrc = random_(), .timestamp = random_(), .sequence_number = static_cast<std::uint16_t>(random_())};
}

void play_clock::schedule(play_entry& entry, time_point due) noexcept {
    queue_.schedule(entry, due);
    set_timer();
}

void play_clock::stop() noexcept {
    stopped_ = true;
    timer_.cancel();
}

void play_clock::run() noexcept {
    if (stopped_) return;
    last_run_ = now_();
    if (queue_.run_due(last_run_, batch_size)) return run_soon();
    set_timer();
}

/// After everything else that is ready to run.
void play_clock::run_soon() noexcept {
    will_run_soon_ = true;
    post_surely(context_.get_executor(), next_run_, [this] {
        will_run_soon_ = false;
        run();
    });
}

void play_clock::set_timer() noexcept {
    const auto next_due = queue_.next_due();
    if (!next_due || stopped_ || will_run_soon_) return;
    const auto wake_up = std::max(*next_due, last_run_ + shortest_pause);
    if (!timer_.due() || wake_up < *timer_.due()) timer_.set(wake_up);
}

}  // namespace rtpproxy
