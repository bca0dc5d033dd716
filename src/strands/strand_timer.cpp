#include "rtpproxy/strands/strand_timer.hpp"

#include "rtpproxy/strands/handler_memory.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <exception>
#include <utility>

namespace rtpproxy {

struct strand_timer::state : std::enable_shared_from_this<state> {
    using clock_timer =
        boost::asio::basic_waitable_timer<steady_clock, boost::asio::wait_traits<steady_clock>,
                                          boost::asio::io_context::executor_type>;

    state(boost::asio::io_context& context, callback called)
        : timer(context.get_executor()), on_time(std::move(called)) {}

    /// Begins to wait. One wait is under way at most, as there is memory for one.
    void wait() noexcept {
        waiting = true;
        timer.expires_at(*due);
        try {
            timer.async_wait(memory.hold([weak = weak_from_this()](boost::system::error_code) {
                if (const auto self = weak.lock()) self->on_waited();
            }));
        } catch (const std::exception&) {  // the io_context's list of timers cannot grow
            post_surely(timer.get_executor(), memory, [weak = weak_from_this()] {
                if (const auto self = weak.lock()) self->on_waited();
            });
        }
    }

    void on_waited() {
        waiting = false;
        if (!due) return;
        if (*due > steady_clock::now()) return wait();  // set to another time meanwhile
        on_time(*std::exchange(due, std::nullopt));
    }

    clock_timer timer;
    const callback on_time;
    const handler_memory memory;
    std::optional<time_point> due;
    bool waiting = false;
};

strand_timer::strand_timer(boost::asio::io_context& context, callback on_time)
    : state_(std::make_shared<state>(context, std::move(on_time))) {}

strand_timer::~strand_timer() {
    cancel();
}

void strand_timer::set(time_point due) noexcept {
    state_->due = due;
    if (!state_->waiting) return state_->wait();
    if (due < state_->timer.expiry()) state_->timer.expires_at(due);  // ends the wait, and another one begins
}

void strand_timer::cancel() noexcept {
    state_->due.reset();
    state_->timer.cancel();
}

const std::optional<time_point>& strand_timer::due() const noexcept {
    return state_->due;
}

}  // namespace rtpproxy
