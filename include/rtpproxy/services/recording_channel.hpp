#pragma once

#include "rtpproxy/services/recording.hpp"

#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace rtpproxy {

class recorder;

/// The way from one shard to the recorder: a bounded queue of packets that costs the shard no lock and no
/// allocation.
class recording_channel {
  public:
    /// `to` must outlive the channel. `queue_octets` bounds the packets that wait, each with some 70 octets
    /// more.
    recording_channel(recorder& to, std::size_t queue_octets);

    // On the shard.

    /// As recorder::begin().
    [[nodiscard]] std::shared_ptr<recording> begin(recording_order order, bool insist);
    /// Queues a copy of a packet, or counts it as lost when there is no room. Never blocks.
    void add(recording& to, const recorded_packet& packet) noexcept;
    /// As recorder::end().
    void end(std::shared_ptr<recording> ended, recording_end how) noexcept;

    [[nodiscard]] recording_format format() const noexcept;
    [[nodiscard]] bool records_rtcp() const noexcept;
    [[nodiscard]] bool records_details() const noexcept;
    [[nodiscard]] bool records_everything() const noexcept;

    // On the recorder's thread.

    /// The next packet in the queue; its octets go to `payload`, which the packet then refers to.
    /// @returns whose it is; null when there is none.
    [[nodiscard]] recording* take(recorded_packet& packet, std::vector<std::byte>& payload);
    /// What a packet takes in the queue beside its own octets.
    [[nodiscard]] static std::size_t header_octets() noexcept;
    /// Octets in the queue now.
    [[nodiscard]] std::size_t waiting() const { return queue_.read_available(); }

  private:
    recorder& recorder_;
    boost::lockfree::spsc_queue<std::byte> queue_;
};

}  // namespace rtpproxy
