#pragma once

#include "rtpproxy/engine/busy_calls.hpp"
#include "rtpproxy/engine/prompt_lookups.hpp"
#include "rtpproxy/engine/session_commands.hpp"
#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/media/epoll_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/services/play_clock.hpp"
#include "rtpproxy/session/relay_statistics.hpp"
#include "rtpproxy/strands/handler_memory.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/container/small_vector.hpp>

#include <atomic>
#include <cstddef>
#include <ctime>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>

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
    /// Something to be done on the shard, with the memory its way there takes: sending it cannot fail. It
    /// stays in one place; who sends it derives from this to hear of the outcome.
    class job : public std::enable_shared_from_this<job> {
      public:
        job() = default;
        job(const job&) = delete;
        job& operator=(const job&) = delete;
        virtual ~job() = default;

      protected:
        /// Memory for ways back, one for each that may be under way at the same time.
        [[nodiscard]] handler_memory memory_in(handler_memory::room& own) {
            return handler_memory{std::shared_ptr<handler_memory::room>{shared_from_this(), &own}};
        }

      private:
        friend class shard;
        /// On the shard. What it throws is logged, and followed by on_failure().
        virtual void do_on(shard& there) = 0;
        /// On the shard. Must not block.
        virtual void on_failure() noexcept = 0;

        handler_memory::room way_there_;
    };

    /// A command on its way, with the text it is a view of.
    class request : public job {
      public:
        explicit request(std::string_view from) : text_(from.begin(), from.end()) {}
        /// On the shard, once. Must not block.
        virtual void on_result(command_result result) noexcept = 0;
        /// The command waits for its own call only, from now on. On the shard, before the result, once at
        /// most. Must not block.
        virtual void on_waiting() noexcept = 0;

        [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

        session_command asked;    ///< read from text(), before the request is sent
        command_context context;  ///< `when` is filled in on the shard

      private:
        friend class shard;
        void do_on(shard& there) override;
        void on_failure() noexcept override;
        void wait() noexcept;

        static constexpr std::size_t usual_octets = 192;
        boost::container::small_vector<char, usual_octets> text_;
        bool waits_ = false;         // on_waiting() has been called
        bool is_under_way_ = false;  // its call is busy with it
        bool is_ready_ = false;      // its prompt is looked up
    };

    /// Ends all sessions of a shard.
    class removal : public job {
        void do_on(shard& there) override;
        void on_failure() noexcept override { on_removed(); }
        /// As soon as they are out of sight. On the shard. Must not block.
        virtual void on_removed() noexcept = 0;
    };

    /// Asks for the media of a session of the shard; see media_commands::offer_feed().
    class feed_request : public job {
      public:
        /// What `wanted` is a view of has to stay.
        feed_request(session_selector wanted, session_feed::executor for_shard)
            : source(std::move(wanted)), target(std::move(for_shard)) {}

        const session_selector source;
        const session_feed::executor target;

      private:
        void do_on(shard& there) override;
        void on_failure() noexcept override { on_offer(nullptr); }
        /// Null: there is none. On the shard. Must not block.
        virtual void on_offer(std::shared_ptr<session_feed> offer) noexcept = 0;
    };

    /// `context`, `pool` and `destinations` must outlive the shard. `post_notice` is called on the shard.
    shard(boost::asio::io_context& context, const settings& chosen, port_pool& pool,
          const media_destinations& destinations, service_environment::post_notice post_notice);
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;

    /// Begins to relay. Before the io_context runs, or on the shard.
    void start();
    /// Ends all sessions and closes their ports; nothing of the shard is left waiting. On the shard.
    void close();

    /// Lets a job be done. From any thread; on the shard, it may be done before this returns. Its outcome
    /// comes once, whatever fails, unless the shard is closed before.
    void send(std::shared_ptr<job> sent) noexcept;

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
    void begin_second() noexcept;
    void set_timer_for_next_second() noexcept;
    void housekeep() noexcept;

    void take_turn(const std::shared_ptr<job>& next) noexcept;
    void let_packets_go_first() noexcept;
    void begin_turns() noexcept;
    void do_now(job& due) noexcept;
    static void fail(job& failed) noexcept;

    void begin_command(const std::shared_ptr<request>& sent);
    void go_on_with_call(const std::shared_ptr<request>& done) noexcept;
    [[nodiscard]] bool carry_out_or_wait(const std::shared_ptr<request>& sent) noexcept;
    [[nodiscard]] bool is_looked_up(const std::shared_ptr<request>& sent);
    [[nodiscard]] bool carry_out(const std::shared_ptr<request>& sent);
    void search_on_later(const std::shared_ptr<request>& sent);

    const settings settings_;
    boost::asio::io_context& context_;
    strand_timer second_timer_{context_, [this](time_point) { begin_second(); }};
    const handler_memory next_turns_;
    const handler_memory next_housekeeping_;
    relay_statistics statistics_;
    play_clock players_{context_};
    prompt_lookups lookups_;
    session_manager sessions_;  // outlives the plane, whose ports refer to its sessions
    epoll_plane plane_;
    session_commands commands_{sessions_};
    busy_calls<std::shared_ptr<request>> busy_calls_;  // that wait for a prompt, or for a free port
    bool housekeeping_posted_ = false;
    std::deque<std::shared_ptr<job>> waiting_;  // beyond those of this turn
    std::size_t turns_left_ = commands_a_turn;  // until packets get theirs
    bool closed_ = false;
    std::atomic<clockid_t> cpu_clock_{no_clock};  // of the thread that runs the shard
};

}  // namespace rtpproxy
