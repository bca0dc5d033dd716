#include "rtpproxy/codec/sound_reader.hpp"

#include "resampler.hpp"

#include <samplerate.h>

#include <array>
#include <new>

namespace rtpproxy {

bool can_resample() noexcept {
    return true;
}

struct resampler::state {
    struct deleter {
        void operator()(SRC_STATE* converter) const noexcept { src_delete(converter); }
    };
    std::unique_ptr<SRC_STATE, deleter> converter;
    double ratio = 1;
};

bool resampler::supports(unsigned from, unsigned to) noexcept {
    return from == to ||
           (from != 0 && src_is_valid_ratio(static_cast<double>(to) / static_cast<double>(from)) != 0);
}

resampler::resampler(unsigned from, unsigned to) {
    if (from == to) return;
    int error = 0;
    state_ = std::make_unique<state>();
    state_->converter.reset(src_new(SRC_SINC_MEDIUM_QUALITY, 1, &error));
    if (!state_->converter) throw std::bad_alloc{};
    state_->ratio = static_cast<double>(to) / static_cast<double>(from);
}

bool resampler::convert(std::span<const float> input, bool is_last, std::vector<float>& output) {
    if (!state_) {
        output.insert(output.end(), input.begin(), input.end());
        return true;
    }
    std::array<float, 4096> piece;
    for (;;) {
        SRC_DATA data{};
        data.data_in = input.data();
        data.input_frames = static_cast<long>(input.size());
        data.data_out = piece.data();
        data.output_frames = static_cast<long>(piece.size());
        data.end_of_input = is_last ? 1 : 0;
        data.src_ratio = state_->ratio;
        if (src_process(state_->converter.get(), &data) != 0) return false;
        output.insert(output.end(), piece.begin(), piece.begin() + data.output_frames_gen);
        input = input.subspan(static_cast<std::size_t>(data.input_frames_used));
        if (data.output_frames_gen == 0 && input.empty()) return true;
        if (data.output_frames_gen == 0 && data.input_frames_used == 0) return false;
    }
}

resampler::resampler(resampler&&) noexcept = default;
resampler& resampler::operator=(resampler&&) noexcept = default;
resampler::~resampler() = default;

}  // namespace rtpproxy
