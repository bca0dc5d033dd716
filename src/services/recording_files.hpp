#pragma once

#include "rtpproxy/capture/captured_packet.hpp"
#include "rtpproxy/services/recorder.hpp"
#include "rtpproxy/services/recording.hpp"

#include "disk_health.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace rtpproxy {

/// What the files of a recording have of one party.
struct recorded_counts {
    std::uint64_t rtp = 0;   ///< packets
    std::uint64_t rtcp = 0;  ///< packets
    std::bitset<128> payload_types;
    std::map<std::uint8_t, std::uint64_t>
        undecoded;  ///< packets that are silence in the sound, by payload type
};

/// The files of one recording while they are written. On the recorder's thread.
class recording_files {
  public:
    recording_files() = default;
    recording_files(const recording_files&) = delete;
    recording_files& operator=(const recording_files&) = delete;
    virtual ~recording_files() = default;

    /// Counts and writes a packet.
    void add(const recorded_packet& packet, wall_time arrived, time_point now);
    /// Once a second: brings the files up to date.
    virtual void flush(time_point now) = 0;
    /// Writes what is left and closes the files.
    virtual void close(time_point now) = 0;

    /// Whether one of them could not be made because another file has its name.
    [[nodiscard]] virtual bool name_is_taken() const noexcept = 0;
    /// By side.
    [[nodiscard]] const std::array<recorded_counts, 2>& counts() const noexcept { return counts_; }
    /// Packets that the disk did not take.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

  protected:
    virtual void write(const recorded_packet& packet, wall_time arrived, time_point now) = 0;
    void count_undecoded(side from, std::uint8_t payload_type) {
        ++counts_[index(from)].undecoded[payload_type];
    }

    std::uint64_t lost_ = 0;

  private:
    std::array<recorded_counts, 2> counts_{};
};

/// What the files of all recordings have in common.
struct recording_surroundings {
    const recorder_settings& settings;
    disk_health& disk;
    std::uint16_t ipv4_identification = 0;  ///< of the next IPv4 packet in a pcap file
};

/// Makes the files of `of` below `directory`. `around` must outlive them.
[[nodiscard]] std::unique_ptr<recording_files> open_recording_files(const recording& of,
                                                                    const std::filesystem::path& directory,
                                                                    recording_surroundings& around,
                                                                    time_point now);

}  // namespace rtpproxy
