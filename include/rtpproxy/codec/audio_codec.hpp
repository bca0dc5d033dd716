#pragma once

#include "rtpproxy/codec/codec_id.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rtpproxy {

/// Turns samples into the payload of RTP packets. Keeps state from frame to frame: one encoder a stream.
///
/// No threads: to be used by one at a time. May allocate, and is far too slow for the packet path.
class audio_encoder {
  public:
    audio_encoder() = default;
    audio_encoder(const audio_encoder&) = delete;
    audio_encoder& operator=(const audio_encoder&) = delete;
    virtual ~audio_encoder() = default;

    /// What it takes and makes: sample rate, samples and octets a frame.
    [[nodiscard]] const codec_traits& traits() const noexcept { return *traits_; }

    /// Encodes `samples` (16 bit, mono, `traits().sample_rate` Hz) and appends the octets to `encoded`. A
    /// last piece shorter than a frame is filled up with silence. Of a codec whose octets vary
    /// (`frame_octets` is 0) give it one frame at a time, as the octets do not tell where a frame ends; only
    /// our Opus has opus_encoder_frame_octets always.
    /// @returns the octets appended; 0 also when the codec failed.
    std::size_t encode(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded);

  protected:
    explicit audio_encoder(codec_id codec) noexcept : traits_(&traits_of(codec)) {}

  private:
    /// The same for whole frames, at least one.
    virtual void encode_frames(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded) = 0;

    const codec_traits* traits_ = nullptr;
};

/// Turns the payload of RTP packets into samples. Keeps state from packet to packet: one decoder a stream,
/// fed in the order of sequence numbers.
///
/// No threads: to be used by one at a time. May allocate.
class audio_decoder {
  public:
    audio_decoder() = default;
    audio_decoder(const audio_decoder&) = delete;
    audio_decoder& operator=(const audio_decoder&) = delete;
    virtual ~audio_decoder() = default;

    /// Facts about its codec.
    [[nodiscard]] const codec_traits& traits() const noexcept { return *traits_; }
    /// Hz of the samples that come out.
    [[nodiscard]] unsigned output_rate() const noexcept { return output_rate_; }

    /// Decodes the payload of one packet and appends 16 bit mono samples to `samples`. Takes any octets: of a
    /// payload that is no whole number of frames the rest is passed over, one longer than UDP carries is
    /// refused.
    /// @returns whether all of the payload was decoded.
    bool decode(std::span<const std::byte> payload, std::vector<std::int16_t>& samples);

  protected:
    audio_decoder(codec_id codec, unsigned output_rate) noexcept
        : traits_(&traits_of(codec)), output_rate_(output_rate) {}

  private:
    /// The same for a payload that is not empty.
    virtual bool decode_payload(std::span<const std::byte> payload, std::vector<std::int16_t>& samples) = 0;

    const codec_traits* traits_ = nullptr;
    unsigned output_rate_ = 0;
};

/// The rate at which a decoder gives samples.
enum class decoder_bandwidth : std::uint8_t {
    full,        ///< that of the codec: 16 kHz for G.722, 48 kHz for Opus, 8 kHz for the others
    narrowband,  ///< 8 kHz, for every codec
};

/// Octets our Opus encoder makes of each frame of 20 ms: it keeps to 48 kbit/s, which RFC 7587 §3.1.1 has for
/// music in mono. A constant rate tells nothing about what is said (RFC 6562), and lets frames be stored one
/// after the other.
constexpr std::size_t opus_encoder_frame_octets = 120;

/// A new encoder for `codec`, or null when this build has none.
[[nodiscard]] std::unique_ptr<audio_encoder> make_encoder(codec_id codec);

/// A new encoder for `codec` that sends less, or nothing, in silence, where the codec knows how to (G.729
/// annex B); else as the other one.
[[nodiscard]] std::unique_ptr<audio_encoder> make_silence_suppressing_encoder(codec_id codec);

/// A new decoder for `codec`, or null when this build has none.
[[nodiscard]] std::unique_ptr<audio_decoder> make_decoder(
    codec_id codec, decoder_bandwidth bandwidth = decoder_bandwidth::full);

}  // namespace rtpproxy
