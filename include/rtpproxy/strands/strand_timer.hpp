#pragma once

#include "rtpproxy/net/time.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace rtpproxy {

/// A timer that can always be set: what it needs, it has from the start.
///
/// It waits for one time at once. Setting it takes no memory but for a place among the timers of the
/// io_context; while there is none to be had it tries again and again. On its strand only; after its
/// destruction it calls nobody.
class strand_timer {
  public:
    /// Hears the time that the timer was set to. May set it again, and may destroy it. What it throws goes to
    /// whoever runs the strand, so what goes on for ever is to set the timer first.
    using callback = std::function<void(time_point)>;

    /// `context` must outlive the timer.
    strand_timer(boost::asio::io_context& context, callback on_time);
    strand_timer(const strand_timer&) = delete;
    strand_timer& operator=(const strand_timer&) = delete;
    ~strand_timer();

    /// Goes off at `due`, in place of what it was set to.
    void set(time_point due) noexcept;
    /// Does not go off any more.
    void cancel() noexcept;
    /// What it is set to; empty once it has gone off.
    [[nodiscard]] const std::optional<time_point>& due() const noexcept;

  private:
    struct state;
    std::shared_ptr<state> state_;  // a wait that ended may still be on its way to its handler
};

}  // namespace rtpproxy
