#include "rtpproxy/rtp/jitter_estimator.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>
#include <ratio>
#include <utility>

namespace rtpproxy {

namespace {

// RFC 3551 §6, table 4. Types 1 and 2 are reserved now; in RFC 1890 they were 1016 and G.721, both at 8000
// Hz.
constexpr std::array<std::uint32_t, 19> audio_clock_rates = {
    8000,  8000,  8000, 8000, 8000,  8000, 16000, 8000,  8000, 8000,  //
    44100, 44100, 8000, 8000, 90000, 8000, 11025, 22050, 8000,
};

constexpr std::uint8_t comfort_noise = 13;  // RFC 3389

/// In seconds. The network bunches packets that were sent as far apart, so that a short time says nothing.
constexpr double usual_spacing = 0.02;

/// Whether timestamps moved so much more than the clock that the sender must have chosen a new offset.
bool is_jump(std::uint32_t timestamp, std::uint32_t previous, double elapsed_ticks) noexcept {
    constexpr double greatest_backward_ratio = 50;
    constexpr double greatest_forward_ratio = 1024;
    const auto step = static_cast<std::int32_t>(timestamp - previous);
    if (step < 0) return -static_cast<double>(step) > greatest_backward_ratio * elapsed_ticks;
    return static_cast<double>(step) > greatest_forward_ratio * elapsed_ticks;
}

}  // namespace

std::uint32_t static_clock_rate(std::uint8_t payload_type) noexcept {
    return payload_type < audio_clock_rates.size() ? audio_clock_rates[payload_type] : 0;
}

void ssrc_jitter::on_packet(std::uint32_t timestamp, std::uint32_t clock_rate, time_point arrival,
                            bool restarted) noexcept {
    // 1. Packets of one moment (repetitions, events) say nothing about the network.
    if (!restarted && seen(timestamp)) return;

    // 2. D of RFC 3550 §6.4.1: by how much the spacing changed between sender and here.
    if (!restarted && clock_rate == clock_rate_) {
        const auto elapsed = std::chrono::duration<double>(arrival - arrival_).count() * clock_rate;
        if (!is_jump(timestamp, timestamp_, std::max(elapsed, usual_spacing * clock_rate))) {
            const auto step = static_cast<std::int32_t>(timestamp - timestamp_);
            take_sample(std::abs(elapsed - step));
        }
    }

    // 3. The next packet is compared with this one.
    remember(timestamp);
    timestamp_ = timestamp;
    arrival_ = arrival;
    clock_rate_ = clock_rate;
    if (packets_ < 2) ++packets_;
}

void ssrc_jitter::take_sample(double difference) noexcept {
    jitter_ += (difference - jitter_) / 16;
    peak_ = std::max(peak_, jitter_);
    sum_ += jitter_;
    ++samples_;
}

bool ssrc_jitter::seen(std::uint32_t timestamp) const noexcept {
    const auto end = timestamps_.begin() + timestamps_count_;
    return std::find(timestamps_.begin(), end, timestamp) != end;
}

void ssrc_jitter::remember(std::uint32_t timestamp) noexcept {
    timestamps_[next_timestamp_] = timestamp;
    next_timestamp_ = static_cast<std::uint8_t>((next_timestamp_ + 1) % remembered_timestamps);
    if (timestamps_count_ < remembered_timestamps) ++timestamps_count_;
}

void jitter_estimator::on_packet(const rtp_header& header, time_point arrival, bool restarted) noexcept {
    const auto clock_rate = static_clock_rate(header.payload_type);
    if (clock_rate == 0) return;
    if (header.payload_type != comfort_noise) payload_type_ = header.payload_type;
    follow(header.ssrc).on_packet(header.timestamp, clock_rate, arrival, restarted);
}

const ssrc_jitter& jitter_estimator::followed(std::size_t place) const noexcept {
    return place < usual_ssrcs ? usual_[place] : (*further_)[place - usual_ssrcs];
}

ssrc_jitter& jitter_estimator::followed(std::size_t place) noexcept {
    return const_cast<ssrc_jitter&>(std::as_const(*this).followed(place));
}

/// Where `ssrc` is followed; `followed_count_` when it is not.
std::size_t jitter_estimator::place_of(std::uint32_t ssrc) const noexcept {
    std::size_t place = 0;
    while (place < followed_count_ && followed(place).ssrc() != ssrc)
        ++place;
    return place;
}

bool jitter_estimator::has_room() noexcept {
    if (followed_count_ == usual_ssrcs && !further_)
        further_.reset(new (std::nothrow) std::array<ssrc_jitter, followed_ssrcs - usual_ssrcs>);
    return followed_count_ < (further_ ? followed_ssrcs : usual_ssrcs);
}

/// A free place, or that of the oldest.
std::size_t jitter_estimator::make_place() noexcept {
    if (has_room()) return followed_count_++;
    const std::size_t place = oldest_;
    given_up_.add(followed(place));
    oldest_ = static_cast<std::uint8_t>((oldest_ + 1) % followed_count_);
    return place;
}

/// Nearly always the SSRC of the packet before.
ssrc_jitter& jitter_estimator::follow(std::uint32_t ssrc) noexcept {
    if (followed_count_ > 0 && followed(current_).ssrc() == ssrc) return followed(current_);
    auto place = place_of(ssrc);
    if (place == followed_count_) {
        place = make_place();
        followed(place) = ssrc_jitter{ssrc};
    }
    current_ = static_cast<std::uint8_t>(place);
    return followed(place);
}

jitter_summary jitter_estimator::summary() const noexcept {
    auto all = given_up_;
    for (std::size_t i = 0; i < followed_count_; ++i)
        all.add(followed((oldest_ + i) % followed_count_));
    return {all.last, all.maximum, all.samples == 0 ? 0 : all.sum / static_cast<double>(all.samples)};
}

std::optional<std::uint8_t> jitter_estimator::payload_type() const noexcept {
    return payload_type_ == no_payload_type ? std::nullopt : std::optional{payload_type_};
}

void jitter_estimator::accumulator::add(const ssrc_jitter& jitter) noexcept {
    if (!jitter.has_value()) return;
    last = jitter.value();
    maximum = std::max(maximum, jitter.peak());
    sum += jitter.sum();
    samples += jitter.samples();
}

}  // namespace rtpproxy
