#pragma once

#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/control/notifier.hpp"
#include "rtpproxy/engine/address_watch.hpp"
#include "rtpproxy/engine/call_refusal.hpp"
#include "rtpproxy/engine/context_thread.hpp"
#include "rtpproxy/engine/helper_threads.hpp"
#include "rtpproxy/engine/load_average.hpp"
#include "rtpproxy/engine/server_counters.hpp"
#include "rtpproxy/engine/session_limit.hpp"
#include "rtpproxy/engine/shard.hpp"
#include "rtpproxy/media/media_destinations.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/protocol/parse_command.hpp"
#include "rtpproxy/services/prompt_library.hpp"
#include "rtpproxy/services/recorder.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include <boost/asio/io_context.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// How the engine is set up. A single shard shares the control strand's thread; several have a thread each.
struct server_settings {
    shard::settings shards;
    std::size_t shard_count = 1;
    port_range ports;
    media_destinations::settings destinations{};
    std::uint64_t max_sessions = 0;  ///< of all shards together; 0: no limit
    call_refusal refusal = call_refusal::error;
    prompt_library::settings prompts{};
    std::optional<recorder_settings> recording{};  ///< empty: nothing is recorded
};

/// The engine: takes commands from the listeners, answers those about the server itself and hands those about
/// a session to the shard its call-id belongs to.
///
/// Everything runs on the control strand.
class server final : public command_executor {
  public:
    /// `control` runs the control strand and must, like `addresses` and `notices`, outlive the server. To be
    /// made before the sandbox, for the address_watch in it.
    server(boost::asio::io_context& control, const server_settings& settings, local_addresses& addresses,
           notifier& notices);
    ~server();

    /// Keeps media away from that UDP port of this host: it is never sent there, and no media port has the
    /// number on any address. Before start().
    void guard_port(std::uint16_t port);

    /// Makes the shards and starts their threads; not before the process has forked for the last time. Media
    /// gets no descriptor from `descriptor_limit` on, so that control connections can still be accepted; 0:
    /// no limit.
    void start(int descriptor_limit = 0);
    /// Ends all sessions and the shards' threads. Commands still in progress are not answered any more.
    void stop();

    /// Refuses new sessions from now on; `on_drained` is called once the last one is gone, every command is
    /// answered and every notice is sent or given up.
    void drain(std::function<void()> on_drained);

    /// Logs a warning, once, when four fifths of `capacity` sessions are live.
    void warn_above(std::uint64_t capacity) { warn_above_ = capacity / 5 * 4; }

    void execute(std::string_view text, const command_origin& origin, std::size_t cookie_octets,
                 std::shared_ptr<command_sender> sender) noexcept override;
    void count_retransmission() noexcept override;

    [[nodiscard]] const server_counters& counters() const noexcept { return counters_; }

  private:
    class pending_command;
    class removal_everywhere;
    class feed_question;
    using pending_ptr = std::shared_ptr<pending_command>;

    void begin(const pending_ptr& caller, const command_origin& origin);
    void finish(pending_command& answered, command_result result) noexcept;
    void answer(command_sender& sender, command_result result) noexcept;

    void run(const version_command& asked, const pending_ptr& caller, const command_origin& origin);
    void run(const capability_command& asked, const pending_ptr& caller, const command_origin& origin);
    void run(const info_command& asked, const pending_ptr& caller, const command_origin& origin);
    void run(const statistics_command& asked, const pending_ptr& caller, const command_origin& origin);
    void run(const delete_all_command& asked, const pending_ptr& caller, const command_origin& origin);
    void run(update_command& asked, const pending_ptr& caller, const command_origin& origin);
    template <std::convertible_to<session_command> SessionCommand>
    void run(SessionCommand& asked, const pending_ptr& caller, const command_origin& origin);

    void run_on_shard(const pending_ptr& sent);
    void send_with_feeds(const pending_ptr& sent);
    void on_offer(feed_question& answered) noexcept;
    [[nodiscard]] shard& shard_of(std::string_view call_id) noexcept;
    [[nodiscard]] std::optional<timeout_notice> permitted_notice(const update_command& asked,
                                                                 const command_origin& origin);
    void update_rate();
    boost::asio::io_context& make_shard_context();
    void watch_drain();
    [[nodiscard]] bool is_drained() const;
    void update_load(duration passed);
    void watch_capacity();
    void log_drops() const;
    void watch_host_addresses();
    void start_recorder();
    void stop_recorder();

    boost::asio::io_context& control_;
    local_addresses& addresses_;
    notifier& notices_;
    const server_settings settings_;
    parse_context parse_context_;
    port_pool pool_;
    media_destinations destinations_;
    address_watch host_addresses_;
    session_limit session_limit_;
    const call_refusal refusal_;
    media_memory media_memory_;
    helper_threads helpers_;  // for the library
    prompt_library prompts_;
    std::optional<recorder> recorder_;
    std::vector<std::unique_ptr<context_thread>>
        threads_;  // none when the only shard lives on the control strand
    std::vector<std::unique_ptr<shard>> shards_;
    bool running_ = false;
    server_counters counters_;
    strand_timer rate_timer_;
    strand_timer drain_timer_;
    std::function<void()> on_drained_;
    bool draining_ = false;
    time_point rate_updated_{};
    load_average load_;
    duration cpu_time_used_{};         // by all shards' threads, when the load was updated
    std::uint64_t notices_taken_ = 0;  // of those the shards posted
    std::uint64_t warn_above_ = 0;     // live sessions; 0: never, or warned already
};

}  // namespace rtpproxy
