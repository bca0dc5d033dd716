#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace rtpproxy {

/// Position in an audio track: samples at 8 kHz since its first packet arrived.
using track_position = std::int64_t;

inline constexpr unsigned track_rate = 8000;  ///< Hz

/// Whether packets lie where their timestamps say, with silence between them, or one behind the other.
enum class track_timing : std::uint8_t { synchronised, gapless };

class media_stream;

/// Turns the RTP packets of one capture into one track of audio at 8 kHz.
///
/// Each SSRC of each source is a stream with its own decoders and its own place: the first packet lies where
/// it arrived, the others where their timestamps put them relative to it, until that is more than a second
/// away from their arrival; then the stream finds its place anew. So pauses, restarts and jumping timestamps
/// cost no more than a second of accuracy, and what comes out is never longer than the capture lasted, but
/// for a second and the last packets' own length. Streams that sound at the same time are added. Packets that
/// cannot be decoded are silence, as the last ones, too.
///
/// Memory is bounded: 16 streams (beyond them the one that was silent longest is given up), 16 packets each
/// to put into order, and the audio of a few seconds. Not thread safe.
class audio_track {
  public:
    /// What became of the packets.
    struct counts {
        std::uint64_t decoded = 0;  ///< wholly
        std::uint64_t damaged = 0;  ///< no whole number of frames, or more than a second
        std::uint64_t late = 0;     ///< duplicates, and those that came after their place was past
        std::map<std::uint8_t, std::uint64_t> undecodable;  ///< by payload type
        std::uint64_t silent = 0;                           ///< of those, what carries_sound()
    };

    explicit audio_track(track_timing timing);
    audio_track(audio_track&&) noexcept;
    audio_track& operator=(audio_track&&) noexcept;
    ~audio_track();

    /// Takes the next packet. `arrival` never goes back.
    void on_packet(const endpoint& source, const rtp_header& header, std::span<const std::byte> payload,
                   track_position arrival);
    /// No packet follows.
    void on_end();

    /// How many samples are final and wait to be taken.
    [[nodiscard]] std::uint64_t ready() const noexcept;
    /// Adds the next samples to `sum`. Beyond ready() they are silence; that is for the end of the track.
    void add_to(std::span<std::int32_t> sum);

    [[nodiscard]] const counts& packets() const noexcept { return counts_; }
    /// Samples that were decoded and kept.
    [[nodiscard]] std::uint64_t decoded_samples() const noexcept { return decoded_samples_; }

  private:
    friend class media_stream;

    [[nodiscard]] media_stream& stream_of(const endpoint& source, std::uint32_t ssrc);
    void release_until(track_position until);
    /// Puts samples at `at`, or at the end of a gapless track; what would lie in the past is left out.
    void mix(track_position at, std::span<const std::int16_t> samples);

    track_timing timing_;
    std::vector<media_stream> streams_;
    std::vector<std::int32_t> mixed_;  ///< from begin_ on
    track_position begin_ = 0;         ///< samples before were taken
    track_position final_ = 0;         ///< samples before do not change any more
    track_position silent_until_ = 0;  ///< behind the last packet that cannot be decoded
    std::uint64_t decoded_samples_ = 0;
    std::uint64_t clock_ = 0;  ///< counts packets, to tell which stream was silent longest
    counts counts_;
};

}  // namespace rtpproxy
