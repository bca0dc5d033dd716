// Stands in for the codec libraries that are not part of the build.

#include "backends.hpp"

namespace rtpproxy::codec_backends {

#ifndef RTPPROXY_HAS_SPANDSP
std::unique_ptr<audio_encoder> make_spandsp_encoder(codec_id) {
    return nullptr;
}

std::unique_ptr<audio_decoder> make_spandsp_decoder(codec_id, decoder_bandwidth) {
    return nullptr;
}
#endif

#ifndef RTPPROXY_HAS_OPUS
std::unique_ptr<audio_encoder> make_opus_encoder() {
    return nullptr;
}

std::unique_ptr<audio_decoder> make_opus_decoder(decoder_bandwidth) {
    return nullptr;
}
#endif

#ifndef RTPPROXY_HAS_BCG729
std::unique_ptr<audio_encoder> make_g729_encoder(bool) {
    return nullptr;
}

std::unique_ptr<audio_decoder> make_g729_decoder() {
    return nullptr;
}
#endif

}  // namespace rtpproxy::codec_backends
