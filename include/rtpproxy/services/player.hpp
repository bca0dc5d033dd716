#pragma once

#include "rtpproxy/services/play_queue.hpp"
#include "rtpproxy/services/prompt_choice.hpp"
#include "rtpproxy/services/prompt_stream.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/packet_services.hpp"
#include "rtpproxy/session/session.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rtpproxy {

/// Plays a prompt to one party of a session, from the leg that faces it. As long as it exists the session is
/// on hold (see inactivity). Everything runs on the shard.
///
/// Where new descriptions call for another payload type (see prompt_choice) the prompt is looked for in that
/// one, and goes on in it from the place it has come to. One that is begun goes on as it was while it is
/// looked for. Where the party's own list is played from, and has nothing to play any more, the time of the
/// prompt passes in silence, or it does not begin, until a description has.
class player final : private play_entry, public std::enable_shared_from_this<player> {
  public:
    /// Called when the last packet was sent; may destroy the player.
    using finished_handler = std::function<void()>;

    /// `owner` and `environment` must outlive the player, `told` as well: it is set when the log was told
    /// that the descriptions of the session do not agree on what is played; once set, it is told no more. The
    /// player is owned by a shared pointer, and waits for try_start().
    player(session& owner, side to, asked_prompt asked, prompt_ptr found,
           const service_environment& environment, bool& told, finished_handler on_finished);
    ~player();

    /// Begins once the session is complete and the party's address known; nothing happens before that, or
    /// the second time. The first packet is due at once.
    void try_start() noexcept;

    /// A description of either party was taken over. Starts when it can.
    void on_signalled(description_kind kind) noexcept;

    [[nodiscard]] bool started() const noexcept { return start_.has_value(); }

  private:
    /// A shard that was held up for longer does not catch up: the rest is played that much later, so that the
    /// party does not get it all at once.
    static constexpr duration longest_delay = std::chrono::milliseconds{200};

    std::optional<time_point> do_due_work(time_point now) noexcept override;
    void on_all_done() noexcept override;
    void set_held(bool held) const noexcept;
    void send_next() noexcept;

    [[nodiscard]] prompt_choice choice() const;
    void revise();
    void on_found(const prompt_lookup& result) noexcept;
    void on_no_memory() const noexcept;
    void go_on_in(prompt_ptr found);
    void fall_silent(const std::string& reason);
    void tell_unless_agreed();

    session& owner_;
    const side to_;
    const asked_prompt asked_;
    prompt_stream stream_;
    const service_environment& environment_;
    bool& told_;
    finished_handler on_finished_;
    std::optional<time_point> start_;
    bool silent_ = false;         // nothing to play in the party's types
    bool is_looking_up_ = false;  // what to go on in
    bool is_outdated_ = false;    // what is looked up: descriptions have changed since
    bool is_settled_ = true;      // the last description was an answer
    bool present_will_do_ = true;
};

}  // namespace rtpproxy
