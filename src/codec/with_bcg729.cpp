// G.729 annexes A and B by bcg729.

#include "backends.hpp"

#include <algorithm>
#include <array>
#include <new>

extern "C" {
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
}

namespace rtpproxy::codec_backends {

namespace {

constexpr std::size_t frame_samples = 80;
constexpr std::size_t frame_octets = 10;
/// A frame that describes the background noise, annex B §4.3; RFC 3551 §4.5.6: at the end of a packet.
constexpr std::size_t noise_frame_octets = 2;

struct encoder_deleter {
    void operator()(bcg729EncoderChannelContextStruct* encoder) const noexcept {
        closeBcg729EncoderChannel(encoder);
    }
};

struct decoder_deleter {
    void operator()(bcg729DecoderChannelContextStruct* decoder) const noexcept {
        closeBcg729DecoderChannel(decoder);
    }
};

class g729_encoder final : public audio_encoder {
  public:
    explicit g729_encoder(bool suppresses_silence)
        : audio_encoder(codec_id::g729), encoder_(initBcg729EncoderChannel(suppresses_silence ? 1 : 0)) {
        if (!encoder_) throw std::bad_alloc{};
    }

  private:
    void encode_frames(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded) override {
        for (; samples.size() >= frame_samples; samples = samples.subspan(frame_samples))
            encode_frame(samples.first(frame_samples), encoded);
    }

    void encode_frame(std::span<const std::int16_t> frame, std::vector<std::byte>& encoded) {
        std::array<std::uint8_t, frame_octets> octets{};
        std::uint8_t length = 0;
        bcg729Encoder(encoder_.get(), frame.data(), octets.data(), &length);
        const auto* begin = reinterpret_cast<const std::byte*>(octets.data());
        encoded.insert(encoded.end(), begin, begin + std::min<std::size_t>(length, frame_octets));
    }

    std::unique_ptr<bcg729EncoderChannelContextStruct, encoder_deleter> encoder_;
};

class g729_decoder final : public audio_decoder {
  public:
    g729_decoder() : audio_decoder(codec_id::g729, 8000), decoder_(initBcg729DecoderChannel()) {
        if (!decoder_) throw std::bad_alloc{};
    }

  private:
    bool decode_payload(std::span<const std::byte> payload, std::vector<std::int16_t>& samples) override {
        for (; payload.size() >= frame_octets; payload = payload.subspan(frame_octets))
            decode_frame(payload.first(frame_octets), samples);
        if (payload.size() != noise_frame_octets) return payload.empty();
        decode_frame(payload, samples);
        return true;
    }

    void decode_frame(std::span<const std::byte> frame, std::vector<std::int16_t>& samples) {
        std::array<std::int16_t, frame_samples> decoded{};
        const auto* octets = reinterpret_cast<const std::uint8_t*>(frame.data());
        const bool is_noise = frame.size() == noise_frame_octets;
        bcg729Decoder(decoder_.get(), octets, static_cast<std::uint8_t>(frame.size()), 0, is_noise ? 1 : 0, 0,
                      decoded.data());
        samples.insert(samples.end(), decoded.begin(), decoded.end());
    }

    std::unique_ptr<bcg729DecoderChannelContextStruct, decoder_deleter> decoder_;
};

}  // namespace

std::unique_ptr<audio_encoder> make_g729_encoder(bool suppresses_silence) {
    return std::make_unique<g729_encoder>(suppresses_silence);
}

std::unique_ptr<audio_decoder> make_g729_decoder() {
    return std::make_unique<g729_decoder>();
}

}  // namespace rtpproxy::codec_backends
