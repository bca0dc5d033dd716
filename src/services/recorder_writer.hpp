#pragma once

#include "rtpproxy/services/recorder.hpp"

#include "disk_health.hpp"
#include "file_mover.hpp"
#include "recording_files.hpp"

#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace rtpproxy {

/// The recorder's thread and what it shares with the shards.
///
/// Orders (begin, end) come under a mutex, at control rate; packets come through the channels. Both are in
/// order as far as one recording is concerned, since it belongs to one shard.
class recorder::writer {
  public:
    explicit writer(recorder_settings chosen);

    /// Looks at the directories and makes the channels.
    void prepare(recorder& owner, std::size_t shards);
    /// Does the thread's work.
    void write_until_stopped() noexcept;
    void ask_to_stop();
    /// Waits until the thread's work is done; false if that takes too long.
    [[nodiscard]] bool wait_until_stopped();

    [[nodiscard]] std::shared_ptr<recording> begin(recording_order order, bool insist);
    void end(std::shared_ptr<recording> ended, recording_end how) noexcept;

    const recorder_settings settings;
    std::vector<std::unique_ptr<recording_channel>> channels;
    std::thread thread;
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> lost{0};

  private:
    using instructions = std::list<recording_instruction>;

    // The thread.
    bool write_once();
    void write_the_rest();
    void wait_for_work();
    [[nodiscard]] bool is_stopping();
    void carry_out_orders();
    void take_orders();
    void name_what_has_begun();
    void choose_names(recording& of);
    void give_number(recording& of, unsigned number);
    [[nodiscard]] unsigned free_number(const recording_order& order) const;
    [[nodiscard]] bool is_free(const recording_order& order, unsigned number) const;
    [[nodiscard]] bool are_free(const recording_file_names& names) const;
    [[nodiscard]] bool is_free(const std::string& name) const;
    void give_names_back(const recording& of);
    void write_waiting_packets();
    void write_some(recording_channel& from, std::size_t octets);
    void open(recording& opened);
    void open_files(recording& opened);
    void close(recording& closed);
    void complete_files(recording& closed);
    void write_details(const recording& of);
    void hand_over(const recording& of);
    void hand_over(const std::string& name);
    void not_in_place(const std::filesystem::path& path, const std::error_code& why);
    void forget(const recording& closed);
    void every_second();
    void probe_directories();
    void report_losses(std::uint64_t now_lost);
    void update_clocks();
    [[nodiscard]] wall_time to_wall(time_point when) const;
    [[nodiscard]] const std::filesystem::path& working_directory() const noexcept;

    disk_health disk_;
    recording_surroundings around_{settings, disk_};

    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable stopped_;
    instructions orders_;
    bool stopping_ = false;
    bool has_stopped_ = false;

    std::optional<file_mover> mover_;
    instructions under_way_;  // taken from orders_ and not carried out yet
    std::map<const recording*, std::shared_ptr<recording>> open_;
    std::set<std::string> names_in_use_;  // until their files are where they belong
    std::vector<std::byte> payload_;
    time_point now_{};
    std::chrono::system_clock::time_point wall_now_{};
    time_point next_second_{};
    std::uint64_t lost_in_queues_ = 0;  // of recordings that are closed
    std::uint64_t told_lost_ = 0;
    time_point last_loss_{};
    bool losing_ = false;
    std::uint64_t losses_before_ = 0;
    std::uint64_t moves_ = 0;
};

}  // namespace rtpproxy
