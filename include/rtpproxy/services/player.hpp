#pragma once

#include "rtpproxy/services/play_queue.hpp"
#include "rtpproxy/services/prompt_stream.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/session.hpp"

#include <functional>
#include <optional>

namespace rtpproxy {

/// Plays a prompt to one party of a session, from the leg that faces it. As long as it exists the session is
/// on hold (see inactivity). Everything runs on the shard.
class player final : private play_entry {
  public:
    /// Called when the last packet was sent; may destroy the player.
    using finished_handler = std::function<void()>;

    /// `owner` and `environment` must outlive the player. It waits for try_start().
    player(session& owner, side to, const prompt_stream& stream, const service_environment& environment,
           finished_handler on_finished);
    ~player();

    /// Begins once the session is complete and the party's address known; nothing happens before that, or
    /// the second time. The first packet is due at once.
    void try_start() noexcept;

    [[nodiscard]] bool started() const noexcept { return start_.has_value(); }

  private:
    /// A shard that was held up for longer does not catch up: the rest is played that much later, so that the
    /// party does not get it all at once.
    static constexpr duration longest_delay = std::chrono::milliseconds{200};

    std::optional<time_point> do_due_work(time_point now) noexcept override;
    void on_all_done() noexcept override;
    void set_held(bool held) const noexcept;
    void send_next() noexcept;

    session& owner_;
    const side to_;
    prompt_stream stream_;
    const service_environment& environment_;
    finished_handler on_finished_;
    std::optional<time_point> start_;
};

}  // namespace rtpproxy
