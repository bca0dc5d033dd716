#include "media_stream.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace rtpproxy {

namespace {

/// Packets that wait for others that may have been overtaken.
constexpr std::size_t most_waiting = 16;
/// Farther away from its arrival a timestamp is not believed.
constexpr track_position greatest_deviation = track_rate;

}  // namespace

track_position media_stream::place_of(audio_track& track, std::uint32_t timestamp, track_position arrival) {
    if (latest_) {
        const auto step = static_cast<std::int32_t>(timestamp - latest_->timestamp);
        const auto place = latest_->place + step;
        if (std::abs(place - arrival) <= greatest_deviation) return place;
        // The stream begins anew: what waits belongs to the one before.
        release_until(track, std::numeric_limits<track_position>::max());
        decoders_.clear();
        released_ = end_ = nowhere;
    }
    return arrival;
}

void media_stream::on_packet(audio_track& track, codec_id codec, const rtp_header& header,
                             std::span<const std::byte> payload, track_position arrival) {
    const auto place = place_of(track, header.timestamp, arrival);
    latest_ = reference{header.timestamp, place};
    if (place <= released_ || waiting_.contains(place)) {
        ++track.counts_.late;
        return;
    }
    waiting_.emplace(place, waiting_packet{codec, {payload.begin(), payload.end()}});
    if (waiting_.size() > most_waiting) release_first(track);
}

void media_stream::release_until(audio_track& track, track_position until) {
    while (!waiting_.empty() && waiting_.begin()->first < until)
        release_first(track);
}

void media_stream::release_first(audio_track& track) {
    const auto node = waiting_.extract(waiting_.begin());
    const auto place = node.key();
    samples_.clear();
    const bool whole = decoder_of(node.mapped().codec).decode(node.mapped().payload, samples_);
    ++(whole ? track.counts_.decoded : track.counts_.damaged);
    // A packet longer than its timestamps say goes on where the one before ended.
    const auto overlap =
        end_ > place ? std::min<std::size_t>(samples_.size(), static_cast<std::size_t>(end_ - place)) : 0;
    track.mix(place + static_cast<track_position>(overlap), std::span{samples_}.subspan(overlap));
    released_ = place;
    end_ = std::max(end_, place + static_cast<track_position>(samples_.size()));
}

audio_decoder& media_stream::decoder_of(codec_id codec) {
    auto& decoder = decoders_[codec];
    if (!decoder) decoder = make_decoder(codec, decoder_bandwidth::narrowband);
    return *decoder;
}

}  // namespace rtpproxy
