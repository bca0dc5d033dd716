#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include <boost/asio/io_context.hpp>

#include <utility>

namespace rtpproxy {

/// Calls back when a time has come.
///
/// Media moves a deadline with every packet, so the timer is not set anew for a later one: it goes off at the
/// time it was set to first, and whoever it calls sets it again. On the shard; after its destruction it calls
/// nobody.
class deadline_timer {
  public:
    /// Hears the time that the timer was set to. May set it again, and may destroy it.
    using callback = strand_timer::callback;

    /// `context` must outlive the timer.
    deadline_timer(boost::asio::io_context& context, callback on_time)
        : timer_(context, std::move(on_time)) {}

    /// Goes off at `due`, or earlier if it was set to an earlier time.
    void set(time_point due) noexcept;

  private:
    strand_timer timer_;
};

}  // namespace rtpproxy
