#pragma once

#include "rtpproxy/session/inactivity.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>

namespace rtpproxy {

/// Makes an object schedulable on an expiry_wheel. Leaves the wheel by itself when it is destroyed.
struct expiry_entry
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    tick due = 0;
};

/// Deadlines of whole seconds, each scheduled, moved and found due in constant time.
///
/// A deadline further away than the wheel is long is visited once a round. Pure; belongs to one shard.
class expiry_wheel {
  public:
    explicit expiry_wheel(tick now) noexcept : now_(now) {}

    /// Schedules `entry` for `due`, which replaces what it was scheduled for. A past deadline is due on the
    /// next advance().
    void schedule(expiry_entry& entry, tick due) noexcept;
    void cancel(expiry_entry& entry) noexcept;

    /// Moves time on to `now`. What became due is then handed out by next_due().
    void advance(tick now) noexcept;

    /// Takes one due entry off the wheel; null when there is none left.
    [[nodiscard]] expiry_entry* next_due() noexcept;

  private:
    using list = boost::intrusive::list<expiry_entry, boost::intrusive::constant_time_size<false>>;
    static constexpr std::size_t slot_count = 512;

    void collect(list& slot) noexcept;

    std::array<list, slot_count> slots_;
    list due_;
    tick now_;
};

}  // namespace rtpproxy
