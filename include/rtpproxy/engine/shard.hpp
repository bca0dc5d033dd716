#pragma once

#include "rtpproxy/engine/busy_calls.hpp"
#include "rtpproxy/engine/prompt_lookups.hpp"
#include "rtpproxy/engine/session_commands.hpp"
#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/media/epoll_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/services/play_clock.hpp"
#include "rtpproxy/session/relay_statistics.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/container/small_vector.hpp>

#include <atomic>
#include <cstddef>
#include <ctime>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <variant>

namespace rtpproxy {

/// The sessions that live on one single-threaded io_context, with their media and their deadlines.
///
/// Whoever runs the io_context is the shard's strand: a thread of its own, or the control strand itself.
/// Members say from where they may be called; what they run, they run on the shard.
class shard {
  public:
    struct settings {
        session_settings sessions;
        bool send_packets_twice = false;
        duration gather_longest{};                ///< see epoll_plane::options, as the next one
        int descriptor_limit = 0;                 ///< see epoll_plane::options
        time_point epoch;                         ///< when second 0 began, the same for all shards
        prompt_library* prompts = nullptr;        ///< outlives the shard; null: nothing can be played
        recording_channel* recordings = nullptr;  ///< of this shard; null: nothing is recorded
    };
    /// A command on its way, with the text it is a view of. It stays in one place, since it is too large to
    /// be handed from call to call; who sends it derives from this to hear of the outcome.
    class request : public std::enable_shared_from_this<request> {
      public:
        explicit request(std::string_view from) : text_(from.begin(), from.end()) {}
        request(const request&) = delete;
        request& operator=(const request&) = delete;
        virtual ~request() = default;
        /// On the shard. Must not block.
        virtual void on_result(command_result result) = 0;

        [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

        session_command asked;    ///< read from text(), before the request is sent
        command_context context;  ///< `when` is filled in on the shard

      private:
        static constexpr std::size_t usual_octets = 192;
        boost::container::small_vector<char, usual_octets> text_;
    };
    /// Receives the outcome of remove_all(), on the shard. Must not block.
    using result_handler = std::function<void(command_result)>;

    /// Receives an offer, or null, on the shard. Must not block.
    using feed_handler = std::function<void(std::shared_ptr<session_feed>)>;

    /// `context`, `pool` and `destinations` must outlive the shard. `post_notice` is called on the shard.
    shard(boost::asio::io_context& context, const settings& chosen, port_pool& pool,
          const media_destinations& destinations, service_environment::post_notice post_notice);
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;

    /// Begins to relay. Before the io_context runs, or on the shard.
    void start();
    /// Ends all sessions and closes their ports; nothing of the shard is left waiting. On the shard.
    void close();

    /// Carries out a command. From any thread; called on the shard, it may be carried out before this
    /// returns.
    void execute(std::shared_ptr<request> sent);
    /// Finds a session and offers its media to one of the shard `target`; see media_commands::offer_feed().
    /// As execute(). What `source` is a view of has to stay until `on_offer` is gone.
    void offer_feed(session_selector source, session_feed::executor target, feed_handler on_offer);
    /// Ends all sessions; `on_result` is told as soon as they are out of sight. As execute().
    void remove_all(result_handler on_result);

    /// Where the shard's work runs. From any thread.
    [[nodiscard]] session_feed::executor strand() const noexcept { return context_.get_executor(); }
    /// From any thread.
    [[nodiscard]] const relay_statistics& statistics() const noexcept { return statistics_; }
    /// CPU time that the thread which runs the shard has used; none before it runs. From any thread, while
    /// that thread is there.
    [[nodiscard]] duration cpu_time() const noexcept;

  private:
    /// Commands carried out in one go: opening and closing ports takes about 50 us a command.
    static constexpr std::size_t commands_a_turn = 16;

    /// No thread has the number of the wall clock.
    static constexpr clockid_t no_clock = CLOCK_REALTIME;

    [[nodiscard]] moment now() const noexcept;
    void note_thread() noexcept;
    bool carry_out_or_wait(const std::shared_ptr<request>& sent);
    void carry_out(request& sent);
    void tick_every_second();
    void housekeep();
    struct feed_request {
        session_selector source;
        session_feed::executor target;
        feed_handler on_offer;
    };
    // Of execute(), remove_all() and offer_feed().
    using job = std::variant<std::shared_ptr<request>, result_handler, std::unique_ptr<feed_request>>;
    void take_turn(job next);
    void run(const std::shared_ptr<request>& sent);
    void run(const result_handler& on_result);
    void run(const std::unique_ptr<feed_request>& asked);
    void let_packets_go_first();

    const settings settings_;
    boost::asio::io_context& context_;
    boost::asio::steady_timer second_timer_{context_};
    relay_statistics statistics_;
    play_clock players_{context_};
    session_manager sessions_;  // outlives the plane, whose ports refer to its sessions
    epoll_plane plane_;
    session_commands commands_{sessions_};
    prompt_lookups lookups_;
    busy_calls<std::shared_ptr<request>> busy_calls_;  // whose commands wait for a prompt to be looked up
    bool housekeeping_posted_ = false;
    std::deque<job> waiting_;                   // beyond those of this turn
    std::size_t turns_left_ = commands_a_turn;  // until packets get theirs
    bool closed_ = false;
    std::atomic<clockid_t> cpu_clock_{no_clock};  // of the thread that runs the shard
};

}  // namespace rtpproxy
