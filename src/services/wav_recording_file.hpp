#pragma once

#include "rtpproxy/capture/stereo_window.hpp"
#include "rtpproxy/codec/audio_codec.hpp"
#include "rtpproxy/rtp/playout_position.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include "disk_file.hpp"
#include "recording_files.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace rtpproxy {

/// A call as sound: a stereo WAV file of 16-bit samples, caller left, callee right.
///
/// It has 8000 samples a second, or 16000 if the first audio is G.722. Each second what came is written in
/// its place and the lengths in the header are brought up to date, so that it can be played whenever the
/// program ends. Gaps take no room on the disk. What cannot be decoded is silence, is counted, and is told in
/// the log once.
class wav_recording_file final : public recording_files {
  public:
    wav_recording_file(const recording& of, const std::filesystem::path& directory,
                       recording_surroundings& around, time_point now);

    void flush(time_point now) override;
    void close(time_point now) override;
    [[nodiscard]] bool name_is_taken() const noexcept override { return file_.name_is_taken(); }

  private:
    /// The audio of one party.
    struct voice {
        std::optional<codec_id> codec;
        std::unique_ptr<audio_decoder> decoder;
        playout_position position{rtp_clock};
        std::optional<std::uint16_t> last_sequence_number;
        std::int16_t last_sample = 0;
    };

    static constexpr std::uint32_t rtp_clock = 8000;  // of all codecs here; of G.722 by RFC 3551 §4.5.2

    void write(const recorded_packet& packet, wall_time arrived, time_point now) override;
    [[nodiscard]] std::uint64_t position_of(time_point arrival) const;
    void leave_out(const recorded_packet& packet, const rtp_header& header);
    void add_silence(time_point now);
    [[nodiscard]] bool can_take(voice& of, const rtp_header& header, codec_id codec);
    void choose_rate(codec_id first);
    void decode(voice& of, std::span<const std::byte> payload);
    void double_rate(voice& of);
    void place(side from, std::uint64_t at, time_point now);
    bool write_window(time_point now);
    bool write_header(time_point now);

    const recording& of_;
    disk_health& disk_;
    disk_file file_;
    std::uint32_t rate_ = 0;  // samples a second; 0: not known yet
    stereo_window window_;
    std::array<voice, 2> voices_;
    std::uint64_t silent_until_ = 0;  // at rtp_clock; behind what could not be decoded
    bool told_of_silence_ = false;
    std::uint64_t unwritten_packets_ = 0;
    std::vector<std::int16_t> samples_;  // of one packet; kept for their capacity
    std::vector<std::byte> octets_;      // of one piece
};

}  // namespace rtpproxy
