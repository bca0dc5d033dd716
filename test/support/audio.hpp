#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace rtpproxy::test {

using samples = std::vector<std::int16_t>;

/// A sine of `frequency` Hz that lasts `seconds`, sampled at `rate` Hz.
inline samples make_tone(double frequency, unsigned rate, double seconds, double amplitude = 8000) {
    samples tone(static_cast<std::size_t>(seconds * rate));
    const double step = 2 * std::numbers::pi * frequency / rate;
    for (std::size_t i = 0; i < tone.size(); ++i)
        tone[i] = static_cast<std::int16_t>(std::lrint(amplitude * std::sin(step * static_cast<double>(i))));
    return tone;
}

/// Something with the spectrum and the loudness changes of speech: three tones that slide and swell.
inline samples make_speech(unsigned rate, double seconds) {
    samples speech(static_cast<std::size_t>(seconds * rate));
    double phase = 0;
    for (std::size_t i = 0; i < speech.size(); ++i) {
        const double t = static_cast<double>(i) / rate;
        phase += 2 * std::numbers::pi * (180 + 60 * std::sin(5 * t)) / rate;
        const double swell = 0.55 + 0.45 * std::sin(17 * t);
        const double value = std::sin(phase) + 0.5 * std::sin(3.01 * phase) + 0.25 * std::sin(7.03 * phase);
        speech[i] = static_cast<std::int16_t>(std::lrint(4500 * swell * value));
    }
    return speech;
}

/// How alike two signals are, from -1 to 1 (Pearson), when `later` is `delay` samples behind.
inline double correlation(std::span<const std::int16_t> earlier, std::span<const std::int16_t> later,
                          std::size_t delay) {
    if (later.size() <= delay) return 0;
    const auto count = std::min(earlier.size(), later.size() - delay);
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double x = earlier[i];
        const double y = later[i + delay];
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

/// The best correlation at any delay up to `longest_delay` samples.
inline double best_correlation(std::span<const std::int16_t> earlier, std::span<const std::int16_t> later,
                               std::size_t longest_delay) {
    double best = -1;
    for (std::size_t delay = 0; delay <= longest_delay; ++delay)
        best = std::max(best, correlation(earlier, later, delay));
    return best;
}

/// Frequency of a tone in Hz, by how often it rises through zero.
inline double frequency_of(std::span<const std::int16_t> tone, unsigned rate) {
    std::size_t rises = 0;
    std::size_t first = 0;
    std::size_t last = 0;
    for (std::size_t i = 1; i < tone.size(); ++i) {
        if (tone[i - 1] >= 0 || tone[i] < 0) continue;
        if (rises++ == 0) first = i;
        last = i;
    }
    return rises < 2 ? 0 : static_cast<double>(rises - 1) * rate / static_cast<double>(last - first);
}

}  // namespace rtpproxy::test
