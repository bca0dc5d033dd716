#pragma once

#include "rtpproxy/codec/audio_codec.hpp"

#include <memory>

// The codecs by the library that has them. Each function returns null when its library is not part of the
// build or has no such codec.

namespace rtpproxy::codec_backends {

[[nodiscard]] std::unique_ptr<audio_encoder> make_spandsp_encoder(codec_id codec);
[[nodiscard]] std::unique_ptr<audio_decoder> make_spandsp_decoder(codec_id codec,
                                                                  decoder_bandwidth bandwidth);

[[nodiscard]] std::unique_ptr<audio_encoder> make_opus_encoder();
[[nodiscard]] std::unique_ptr<audio_decoder> make_opus_decoder(decoder_bandwidth bandwidth);

[[nodiscard]] std::unique_ptr<audio_encoder> make_g729_encoder(bool suppresses_silence);
[[nodiscard]] std::unique_ptr<audio_decoder> make_g729_decoder();

}  // namespace rtpproxy::codec_backends
