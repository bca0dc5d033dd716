#include "rtpproxy/codec/audio_codec.hpp"

#include "backends.hpp"

#include <algorithm>
#include <limits>

namespace rtpproxy {

namespace {

/// The libraries count in int.
constexpr std::size_t frames_at_once = 4096;
constexpr std::size_t longest_payload_octets = std::numeric_limits<std::uint16_t>::max();

}  // namespace

std::size_t audio_encoder::encode(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded) {
    const auto before = encoded.size();
    const auto rest = samples.size() % traits().frame_samples;
    auto whole = samples.first(samples.size() - rest);
    while (!whole.empty()) {
        const auto piece = whole.first(std::min(whole.size(), frames_at_once * traits().frame_samples));
        encode_frames(piece, encoded);
        whole = whole.subspan(piece.size());
    }
    if (rest != 0) {
        std::vector<std::int16_t> last(samples.end() - static_cast<std::ptrdiff_t>(rest), samples.end());
        last.resize(traits().frame_samples);
        encode_frames(last, encoded);
    }
    return encoded.size() - before;
}

bool audio_decoder::decode(std::span<const std::byte> payload, std::vector<std::int16_t>& samples) {
    if (payload.size() > longest_payload_octets) return false;
    return payload.empty() || decode_payload(payload, samples);
}

std::unique_ptr<audio_encoder> make_encoder(codec_id codec) {
    switch (codec) {
        case codec_id::g729:
            return codec_backends::make_g729_encoder(false);
        case codec_id::opus:
            return codec_backends::make_opus_encoder();
        default:
            return codec_backends::make_spandsp_encoder(codec);
    }
}

std::unique_ptr<audio_encoder> make_silence_suppressing_encoder(codec_id codec) {
    if (codec == codec_id::g729) return codec_backends::make_g729_encoder(true);
    return make_encoder(codec);
}

std::unique_ptr<audio_decoder> make_decoder(codec_id codec, decoder_bandwidth bandwidth) {
    switch (codec) {
        case codec_id::g729:
            return codec_backends::make_g729_decoder();
        case codec_id::opus:
            return codec_backends::make_opus_decoder(bandwidth);
        default:
            return codec_backends::make_spandsp_decoder(codec, bandwidth);
    }
}

}  // namespace rtpproxy
