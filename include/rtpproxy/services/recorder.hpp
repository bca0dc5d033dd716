#pragma once

#include "rtpproxy/services/recording.hpp"
#include "rtpproxy/services/recording_channel.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace rtpproxy {

/// How and where recordings are written.
struct recorder_settings {
    /// Which address of ours is used towards a host; takes the place of a wildcard in pcap files. Called on
    /// the recorder's thread.
    using find_local_address =
        std::function<std::optional<boost::asio::ip::address>(const boost::asio::ip::address& remote)>;

    std::filesystem::path directory;  ///< absolute; where recordings are when they are complete
    std::filesystem::path spool;      ///< absolute; where they are until then; empty: `directory`
    recording_format format = recording_format::adhoc;
    bool rtcp = true;
    bool details = true;                     ///< a JSON file beside each recording
    bool everything = false;                 ///< record every session, without being asked to
    std::size_t queue_octets = 64UL << 20U;  ///< packets that wait for the disk, of all shards together
    find_local_address local_address_towards = [](const auto&) { return std::nullopt; };
};

/// What became of packets since the start; for the log at the end, and for tests.
struct recorder_statistics {
    std::uint64_t written = 0;  ///< packets, to files
    std::uint64_t lost = 0;     ///< packets: no room in the queue, or the disk did not take them
};

/// Writes the recordings of all shards, on a thread of its own, so that a slow, full or vanished disk costs
/// recordings and never calls.
///
/// - Packets wait in bounded queues. What has no room there is left out of the recording and counted.
/// - What the disk does not take is left out as well, up to a whole packet; the file goes on behind the gap
/// when the
///   disk takes something again, which is tried every second. A file that could not be made, or was removed,
///   is made (again) as soon as that is possible.
/// - Trouble and its end are told in one line each.
class recorder {
  public:
    /// Touches nothing yet.
    explicit recorder(recorder_settings chosen);
    recorder(const recorder&) = delete;
    recorder& operator=(const recorder&) = delete;
    /// As stop().
    ~recorder();

    /// Looks whether the directories can be written to, and logs it if not; makes the queues of that many
    /// shards and starts the thread. To be called once.
    void start(std::size_t shards);
    /// Writes what is queued, closes all files and ends the thread. A disk that hangs is waited for a few
    /// seconds, and then left alone. No shard may use its channel any more.
    void stop();

    /// The channel of a shard, valid until the recorder is destroyed. After start().
    [[nodiscard]] recording_channel& channel(std::size_t shard);

    [[nodiscard]] const recorder_settings& settings() const noexcept;
    [[nodiscard]] recorder_statistics statistics() const;

    // From any thread, by way of the channels.

    /// Begins a recording. Its files appear a moment later. Nothing is overwritten: if there is a file of one
    /// of their names, or a recording that uses it, the stem gets a number that is free, `stem-2`. Both legs
    /// of a session that are recorded at the same time have the same number as far as possible.
    ///
    /// @returns null when the disk is known not to take recordings, unless `insist`.
    [[nodiscard]] std::shared_ptr<recording> begin(recording_order order, bool insist);
    /// Ends a recording: what is queued for it is still written. Nothing may be added to it afterwards.
    void end(std::shared_ptr<recording> ended, recording_end how) noexcept;

  private:
    class writer;
    std::shared_ptr<writer> writer_;  // its thread may outlive us when the disk hangs
};

}  // namespace rtpproxy
