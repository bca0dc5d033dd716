// Stands in for libsamplerate where it is not part of the build.

#ifndef RTPPROXY_HAS_SAMPLERATE

#include "rtpproxy/codec/sound_reader.hpp"

#include "resampler.hpp"

namespace rtpproxy {

bool can_resample() noexcept {
    return false;
}

struct resampler::state {};

bool resampler::supports(unsigned from, unsigned to) noexcept {
    return from == to;
}

resampler::resampler(unsigned, unsigned) {}

bool resampler::convert(std::span<const float> input, bool, std::vector<float>& output) {
    output.insert(output.end(), input.begin(), input.end());
    return true;
}

resampler::resampler(resampler&&) noexcept = default;
resampler& resampler::operator=(resampler&&) noexcept = default;
resampler::~resampler() = default;

}  // namespace rtpproxy

#endif
