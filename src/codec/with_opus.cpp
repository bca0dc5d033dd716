// Opus (RFC 6716) by libopus: mono, encoded at a constant rate.

#include "backends.hpp"

#include <opus.h>

#include <algorithm>
#include <array>
#include <new>

namespace rtpproxy::codec_backends {

namespace {

constexpr opus_int32 bits_a_second = 48000;
constexpr int frames_a_second = 50;
static_assert(bits_a_second == opus_int32{8 * frames_a_second} * opus_int32{opus_encoder_frame_octets});
/// RFC 6716 §3.2.5: a packet has at most 120 ms.
constexpr unsigned longest_packet_ms = 120;
constexpr int channels = 1;

struct encoder_deleter {
    void operator()(OpusEncoder* encoder) const noexcept { opus_encoder_destroy(encoder); }
};

struct decoder_deleter {
    void operator()(OpusDecoder* decoder) const noexcept { opus_decoder_destroy(decoder); }
};

class opus_audio_encoder final : public audio_encoder {
  public:
    /// `RESTRICTED_LOWDELAY` never takes the speech coder of Opus (SILK). At this rate the other one (CELT)
    /// does as well for speech, in an eighth of the time.
    opus_audio_encoder() : audio_encoder(codec_id::opus) {
        int error = OPUS_OK;
        encoder_.reset(opus_encoder_create(static_cast<opus_int32>(traits().sample_rate), channels,
                                           OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error));
        if (!encoder_) throw std::bad_alloc{};
        opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bits_a_second));
        opus_encoder_ctl(encoder_.get(), OPUS_SET_VBR(0));
    }

  private:
    void encode_frames(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded) override {
        const auto frame = traits().frame_samples;
        for (; samples.size() >= frame; samples = samples.subspan(frame))
            encode_frame(samples.first(frame), encoded);
    }

    void encode_frame(std::span<const std::int16_t> frame, std::vector<std::byte>& encoded) {
        std::array<unsigned char, opus_encoder_frame_octets> octets{};
        const auto written = opus_encode(encoder_.get(), frame.data(), static_cast<int>(frame.size()),
                                         octets.data(), static_cast<opus_int32>(octets.size()));
        if (written != static_cast<opus_int32>(octets.size())) return;
        const auto* begin = reinterpret_cast<const std::byte*>(octets.data());
        encoded.insert(encoded.end(), begin, begin + octets.size());
    }

    std::unique_ptr<OpusEncoder, encoder_deleter> encoder_;
};

class opus_audio_decoder final : public audio_decoder {
  public:
    explicit opus_audio_decoder(unsigned rate) : audio_decoder(codec_id::opus, rate) {
        int error = OPUS_OK;
        decoder_.reset(opus_decoder_create(static_cast<opus_int32>(rate), channels, &error));
        if (!decoder_) throw std::bad_alloc{};
    }

  private:
    bool decode_payload(std::span<const std::byte> payload, std::vector<std::int16_t>& samples) override {
        const auto before = samples.size();
        const auto room = output_rate() / 1000 * longest_packet_ms;
        samples.resize(before + room);
        const auto decoded = opus_decode(
            decoder_.get(), reinterpret_cast<const unsigned char*>(payload.data()),
            static_cast<opus_int32>(payload.size()), samples.data() + before, static_cast<int>(room), 0);
        samples.resize(before + static_cast<std::size_t>(std::max(decoded, 0)));
        return decoded >= 0;
    }

    std::unique_ptr<OpusDecoder, decoder_deleter> decoder_;
};

}  // namespace

std::unique_ptr<audio_encoder> make_opus_encoder() {
    return std::make_unique<opus_audio_encoder>();
}

std::unique_ptr<audio_decoder> make_opus_decoder(decoder_bandwidth bandwidth) {
    const auto rate = bandwidth == decoder_bandwidth::full ? traits_of(codec_id::opus).sample_rate : 8000;
    return std::make_unique<opus_audio_decoder>(rate);
}

}  // namespace rtpproxy::codec_backends
