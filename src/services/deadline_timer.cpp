#include "rtpproxy/services/deadline_timer.hpp"

#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <utility>

namespace rtpproxy {

struct deadline_timer::state {
    state(boost::asio::io_context& context, callback called) : timer(context), on_time(std::move(called)) {}

    boost::asio::steady_timer timer;
    callback on_time;
    std::optional<time_point> set_to;
};

deadline_timer::deadline_timer(boost::asio::io_context& context, callback on_time)
    : state_(std::make_shared<state>(context, std::move(on_time))) {}

deadline_timer::~deadline_timer() {
    state_->timer.cancel();
}

void deadline_timer::set(time_point due) {
    if (state_->set_to && *state_->set_to <= due) return;
    state_->set_to = due;
    state_->timer.expires_at(due);
    state_->timer.async_wait([due, weak = std::weak_ptr(state_)](boost::system::error_code error) {
        const auto self = error ? nullptr : weak.lock();
        if (!self || self->set_to != due) return;  // it was set to an earlier time, or is gone
        self->set_to.reset();
        self->on_time(due);
    });
}

}  // namespace rtpproxy
