#include "rtpproxy/capture/stereo_window.hpp"

#include <algorithm>

namespace rtpproxy {

void stereo_window::put(std::size_t channel, std::uint64_t at, std::span<const std::int16_t> samples) {
    if (at < begin_) {
        const auto late = std::min<std::uint64_t>(begin_ - at, samples.size());
        samples = samples.subspan(static_cast<std::size_t>(late));
        at = begin_;
    }
    if (samples.empty()) return;
    changed_from_ = std::min(changed_from_, std::max(at, begin_));
    const auto first = static_cast<std::size_t>(at - begin_);
    frames_.resize(std::max(frames_.size(), (first + samples.size()) * channels));
    for (std::size_t i = 0; i < samples.size(); ++i)
        frames_[(first + i) * channels + channel] = samples[i];
}

stereo_window::piece stereo_window::changed() const noexcept {
    const auto from = std::clamp(changed_from_, begin_, end());
    return {from, std::span{frames_}.subspan(static_cast<std::size_t>(from - begin_) * channels)};
}

void stereo_window::move_to(std::uint64_t begin) {
    if (begin <= begin_) return;
    const auto gone = std::min<std::uint64_t>((begin - begin_) * channels, frames_.size());
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(gone));
    begin_ = begin;
    changed_from_ = std::max(changed_from_, begin_);
}

}  // namespace rtpproxy
