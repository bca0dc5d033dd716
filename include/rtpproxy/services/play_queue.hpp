#pragma once

#include "rtpproxy/net/time.hpp"

#include <boost/intrusive/set.hpp>

#include <cstddef>
#include <optional>

namespace rtpproxy {

/// Something with work to do at times of its own, such as sending the packets of a prompt. Leaves the queue
/// by itself when it is destroyed.
class play_entry
    : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    play_entry() = default;
    play_entry(const play_entry&) = delete;
    play_entry& operator=(const play_entry&) = delete;
    virtual ~play_entry() = default;

  private:
    friend class play_queue;

    /// Does what is due by `now`.
    /// @returns when it is due next; empty when there is nothing left to do.
    virtual std::optional<time_point> do_due_work(time_point now) noexcept = 0;
    /// There was nothing left to do. The entry is out of the queue and not touched any more, so it may end
    /// its own life here.
    virtual void on_all_done() noexcept = 0;

    time_point due_{};
};

/// Entries in the order they are due. Allocates nothing. Pure; belongs to one shard, as its entries do.
class play_queue {
  public:
    play_queue() = default;
    play_queue(const play_queue&) = delete;
    play_queue& operator=(const play_queue&) = delete;
    ~play_queue() { entries_.clear(); }

    /// Puts an entry in, or moves it.
    void schedule(play_entry& entry, time_point due) noexcept;

    /// When the next entry is due; empty when there is none.
    [[nodiscard]] std::optional<time_point> next_due() const noexcept;

    /// Lets the entries that are due by `now` do their work, `limit` at most.
    /// @returns whether more of them are due.
    bool run_due(time_point now, std::size_t limit) noexcept;

  private:
    struct earlier {
        bool operator()(const play_entry& a, const play_entry& b) const noexcept { return a.due_ < b.due_; }
    };
    boost::intrusive::multiset<play_entry, boost::intrusive::compare<earlier>,
                               boost::intrusive::constant_time_size<false>>
        entries_;
};

}  // namespace rtpproxy
