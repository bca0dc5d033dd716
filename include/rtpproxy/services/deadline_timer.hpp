#pragma once

#include "rtpproxy/net/time.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace rtpproxy {

/// Calls back when a time has come.
///
/// Media moves a deadline with every packet, so the timer is not set anew for a later one: it goes off at the
/// time it was set to first, and whoever it calls sets it again. On the shard; after its destruction it calls
/// nobody.
class deadline_timer {
  public:
    /// Hears the time that the timer was set to. May set it again, and may destroy it.
    using callback = std::function<void(time_point)>;

    /// `context` must outlive the timer.
    deadline_timer(boost::asio::io_context& context, callback on_time);
    deadline_timer(const deadline_timer&) = delete;
    deadline_timer& operator=(const deadline_timer&) = delete;
    ~deadline_timer();

    /// Goes off at `due`, or earlier if it was set to an earlier time.
    void set(time_point due);

  private:
    struct state;
    std::shared_ptr<state> state_;  // a wait that ended may still be on its way to its handler
};

}  // namespace rtpproxy
