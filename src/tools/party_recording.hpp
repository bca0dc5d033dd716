#pragma once

#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/tools/audio_track.hpp"
#include "rtpproxy/tools/extract_options.hpp"
#include "rtpproxy/tools/rtp_decryptor.hpp"
#include "rtpproxy/tools/stream_report.hpp"

#include "capture_input.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

namespace rtpproxy {

/// One capture on its way to audio: read as far as audio is asked for.
///
/// Errors are messages for people that begin with the file's name. Not thread safe.
class party_recording {
  public:
    using outcome = boost::system::result<void, std::string>;

    /// `notes` gets a line when a damaged capture is used all the same (`salvages`); it has to outlive this.
    party_recording(capture_input capture, std::optional<rtp_decryptor> decryptor,
                    const extract_options& options, std::ostream& notes);

    /// Reads up to the first RTP packet.
    [[nodiscard]] outcome read_first();
    /// When that packet arrived; empty when there is none.
    [[nodiscard]] std::optional<wall_time> first_arrival() const noexcept;
    /// Sets the time the track begins at; not after the first arrival. To be called once, after read_first().
    void begin_at(wall_time origin) noexcept { origin_ = origin; }
    /// Reads until `samples` samples of the track are ready or the capture ends. A packet more than 24 hours
    /// after the origin is an error.
    [[nodiscard]] outcome read_until_ready(std::uint64_t samples);

    /// Whether the track is complete.
    [[nodiscard]] bool at_end() const noexcept { return at_end_; }
    [[nodiscard]] audio_track& track() noexcept { return track_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return capture_.path(); }
    [[nodiscard]] const stream_report& report() const noexcept { return report_; }
    /// As count_voices().
    [[nodiscard]] unsigned voices() const noexcept { return voices_; }
    /// A line or more about what was in the capture and what was left out.
    void summarise(std::ostream& out) const;

  private:
    struct rtp_packet {
        wall_time when;
        endpoint source;
        rtp_header header;
        std::span<const std::byte> payload;
    };

    [[nodiscard]] outcome read_next();
    [[nodiscard]] outcome take_next();
    void understand(const captured_packet& packet);

    capture_input capture_;
    std::optional<rtp_decryptor> decryptor_;
    audio_track track_;
    stream_report report_;
    std::ostream* notes_;
    std::optional<rtp_packet> next_;  ///< read, but not in the track yet
    wall_time origin_{};
    std::chrono::microseconds latest_{0};  ///< since the origin
    std::uint64_t datagrams_ = 0;
    std::uint64_t rtp_packets_ = 0;
    std::uint64_t rtcp_packets_ = 0;
    std::uint64_t unauthentic_ = 0;
    unsigned voices_;
    bool salvages_;
    bool no_more_ = false;  ///< of the capture's packets
    bool at_end_ = false;
};

}  // namespace rtpproxy
