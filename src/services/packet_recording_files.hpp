#pragma once

#include "packet_log.hpp"
#include "recording_files.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace rtpproxy {

/// Recordings of packets: ad-hoc and pcap files.
class packet_recording_files final : public recording_files {
  public:
    packet_recording_files(const recording& of, const std::filesystem::path& directory,
                           recording_surroundings& around, time_point now);

    void flush(time_point now) override;
    void close(time_point now) override;
    [[nodiscard]] bool name_is_taken() const noexcept override;

  private:
    /// The address that stands for a wildcard, as found last.
    struct known_address {
        boost::asio::ip::address remote;
        boost::asio::ip::address local;
    };

    void write(const recorded_packet& packet, wall_time arrived, time_point now) override;
    [[nodiscard]] packet_log& log_of(component which) noexcept;
    [[nodiscard]] endpoint with_real_address(const endpoint& ours, const endpoint& remote);

    recording_surroundings& around_;
    packet_log rtp_;  // or everything
    std::optional<packet_log> rtcp_;
    known_address known_;
    std::vector<std::byte> octets_;  // of one packet; kept for its capacity
};

}  // namespace rtpproxy
