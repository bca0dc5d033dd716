#pragma once

#include "rtpproxy/services/packet_tap.hpp"
#include "rtpproxy/services/recording_channel.hpp"
#include "rtpproxy/session/session.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rtpproxy {

/// A recording of a session that runs; ends with the last tap that holds it. On the session's shard.
class running_recording {
  public:
    /// `owner` and `channel` must outlive it.
    running_recording(const session& owner, recording_channel& channel, std::shared_ptr<recording> recorded);
    running_recording(const running_recording&) = delete;
    running_recording& operator=(const running_recording&) = delete;
    ~running_recording();

    /// Queues a packet of the party `from`. Never blocks.
    void add(side from, const tapped_packet& packet) noexcept;

    [[nodiscard]] const recording& recorded() const noexcept { return *recording_; }

  private:
    [[nodiscard]] bool shows_as_sent(component which) const noexcept;

    const session& owner_;
    recording_channel& channel_;
    std::shared_ptr<recording> recording_;
};

/// Copies what one party sends into the recordings of its leg: those that were asked for by `R` and `C`.
class recording_tap final : public packet_tap {
  public:
    explicit recording_tap(side from) noexcept : from_(from) {}

    void add(std::shared_ptr<running_recording> more) { recordings_.push_back(std::move(more)); }
    [[nodiscard]] const std::vector<std::shared_ptr<running_recording>>& recordings() const noexcept {
        return recordings_;
    }

    [[nodiscard]] kind what() const noexcept override { return kind::recording; }
    fate on_packet(const tapped_packet& packet) noexcept override;

  private:
    const side from_;
    std::vector<std::shared_ptr<running_recording>> recordings_;
};

}  // namespace rtpproxy
