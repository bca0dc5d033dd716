#include "rtpproxy/tools/audio_track.hpp"

#include "rtpproxy/rtp/carries_sound.hpp"

#include "media_stream.hpp"

#include <algorithm>
#include <limits>

namespace rtpproxy {

namespace {

constexpr std::size_t most_streams = 16;
/// Packets are held back this long for others that may have been overtaken.
constexpr track_position patience = track_rate / 2;
/// No packet is put farther back than this behind its arrival; more than a stream's greatest deviation.
constexpr track_position farthest_back = track_rate + track_rate / 2;
/// 20 ms (RFC 3551 §4.2).
constexpr track_position usual_packet = track_rate / 50;

/// Farther from zero no sum goes, however many streams sound at the same time.
constexpr std::int32_t greatest_sum = 1 << 24U;

/// Octets that carry a second of audio.
std::size_t octets_a_second(const codec_traits& traits) noexcept {
    return traits.frame_octets * traits.sample_rate / traits.frame_samples;
}

}  // namespace

audio_track::audio_track(track_timing timing) : timing_(timing) {}
audio_track::audio_track(audio_track&&) noexcept = default;
audio_track& audio_track::operator=(audio_track&&) noexcept = default;
audio_track::~audio_track() = default;

media_stream& audio_track::stream_of(const endpoint& source, std::uint32_t ssrc) {
    const auto found = std::find_if(streams_.begin(), streams_.end(),
                                    [&](const media_stream& stream) { return stream.is(source, ssrc); });
    if (found != streams_.end()) return *found;
    if (streams_.size() < most_streams) return streams_.emplace_back(source, ssrc);
    auto& given_up = *std::min_element(
        streams_.begin(), streams_.end(),
        [](const media_stream& a, const media_stream& b) { return a.last_used < b.last_used; });
    given_up.release_until(*this, std::numeric_limits<track_position>::max());
    given_up = media_stream{source, ssrc};
    return given_up;
}

void audio_track::on_packet(const endpoint& source, const rtp_header& header,
                            std::span<const std::byte> payload, track_position arrival) {
    release_until(arrival - patience);
    final_ = std::max(final_, timing_ == track_timing::synchronised ? arrival - farthest_back : 0);
    const auto codec = codec_of_payload_type(header.payload_type);
    if (!codec || !can_decode(*codec)) {
        ++counts_.undecodable[header.payload_type];
        if (!carries_sound(header.payload_type, payload.size())) return;
        ++counts_.silent;
        silent_until_ = std::max(silent_until_, arrival + usual_packet);
        return;
    }
    if (payload.size() > octets_a_second(traits_of(*codec))) {
        ++counts_.damaged;
        return;
    }
    auto& stream = stream_of(source, header.ssrc);
    stream.last_used = ++clock_;
    stream.on_packet(*this, *codec, header, payload, arrival);
}

void audio_track::on_end() {
    release_until(std::numeric_limits<track_position>::max());
    streams_.clear();
    final_ = std::max(final_, begin_ + static_cast<track_position>(mixed_.size()));
    if (timing_ == track_timing::synchronised) final_ = std::max(final_, silent_until_);
}

void audio_track::release_until(track_position until) {
    for (auto& stream : streams_)
        stream.release_until(*this, until);
}

void audio_track::mix(track_position at, std::span<const std::int16_t> samples) {
    if (timing_ == track_timing::gapless) at = begin_ + static_cast<track_position>(mixed_.size());
    const auto earliest = std::max(begin_, final_);
    const auto past =
        std::clamp<track_position>(earliest - at, 0, static_cast<track_position>(samples.size()));
    samples = samples.subspan(static_cast<std::size_t>(past));
    if (samples.empty()) return;
    const auto first = static_cast<std::size_t>(at + past - begin_);
    if (mixed_.size() < first + samples.size()) mixed_.resize(first + samples.size());
    std::transform(samples.begin(), samples.end(), mixed_.begin() + static_cast<std::ptrdiff_t>(first),
                   mixed_.begin() + static_cast<std::ptrdiff_t>(first),
                   [](std::int32_t sample, std::int32_t sum) {
                       return std::clamp(sum + sample, -greatest_sum, greatest_sum);
                   });
    decoded_samples_ += samples.size();
    if (timing_ == track_timing::gapless) final_ = begin_ + static_cast<track_position>(mixed_.size());
}

std::uint64_t audio_track::ready() const noexcept {
    return static_cast<std::uint64_t>(std::max<track_position>(final_ - begin_, 0));
}

void audio_track::add_to(std::span<std::int32_t> sum) {
    const auto stored = std::min(sum.size(), mixed_.size());
    std::transform(mixed_.begin(), mixed_.begin() + static_cast<std::ptrdiff_t>(stored), sum.begin(),
                   sum.begin(), [](std::int32_t sample, std::int32_t before) { return before + sample; });
    mixed_.erase(mixed_.begin(), mixed_.begin() + static_cast<std::ptrdiff_t>(stored));
    begin_ += static_cast<track_position>(sum.size());
    final_ = std::max(final_, begin_);
}

}  // namespace rtpproxy
