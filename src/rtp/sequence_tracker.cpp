#include "rtpproxy/rtp/sequence_tracker.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace rtpproxy {

namespace {

constexpr std::int64_t sequence_modulus = 65536;
constexpr std::int64_t greatest_step = 536;    ///< further away than this the stream is another one
constexpr std::int64_t wrap_zone = 65000;      ///< numbers above may belong to the cycle before
constexpr std::int64_t most_misordered = 100;  ///< RFC 3550 A.1

/// Two minutes at 8000 Hz: packets of one run that are near by number are nearer than this by timestamp.
constexpr std::int64_t farthest_timestamp = std::int64_t{1} << 20;

}  // namespace

template <std::size_t bits>
void sequence_tracker::bit_window<bits>::forget(std::int64_t first, std::int64_t last) noexcept {
    if (first == last) {  // nearly always
        const auto bit = static_cast<std::uint64_t>(first) % bits;
        words_[bit / word_bits] &= ~(std::uint64_t{1} << (bit % word_bits));
        return;
    }
    first = std::max(first, last - static_cast<std::int64_t>(bits) + 1);
    while (first <= last) {
        const auto bit = static_cast<std::uint64_t>(first) % bits;
        const auto offset = bit % word_bits;
        const auto count =
            std::min<std::uint64_t>(word_bits - offset, static_cast<std::uint64_t>(last - first) + 1);
        const auto mask = ~std::uint64_t{0} >> (word_bits - count) << offset;
        words_[bit / word_bits] &= ~mask;
        first += static_cast<std::int64_t>(count);
    }
}

template <std::size_t bits>
bool sequence_tracker::bit_window<bits>::test(std::int64_t number) const noexcept {
    const auto bit = static_cast<std::uint64_t>(number) % bits;
    return (words_[bit / word_bits] >> (bit % word_bits) & 1) != 0;
}

template <std::size_t bits>
void sequence_tracker::bit_window<bits>::set(std::int64_t number) noexcept {
    const auto bit = static_cast<std::uint64_t>(number) % bits;
    words_[bit / word_bits] |= std::uint64_t{1} << (bit % word_bits);
}

void sequence_tracker::start_run(std::uint16_t sequence_number, bool marker,
                                 std::uint32_t timestamp) noexcept {
    sent_in_ended_runs_ += span();
    lowest_ = highest_ = sequence_number;
    cycle_ = 0;
    suspect_ = no_suspect;
    timestamp_ = timestamp;
    seen_.clear();
    marked_.clear();
    count(sequence_number, marker, timestamp);
}

bool sequence_tracker::on_packet(std::uint16_t sequence_number, bool marker,
                                 std::uint32_t timestamp) noexcept {
    const bool first = span() == 0;
    const auto extended = first ? std::nullopt : extend(sequence_number);
    if (!extended) {
        start_run(sequence_number, marker, timestamp);
        return !first;
    }
    if (suspect_ != no_suspect && began_at_suspect(*extended)) {
        static_cast<void>(on_packet(sequence_number, marker, timestamp));
        return true;
    }
    if (marker && *extended <= highest_) {
        switch (judge(*extended, timestamp)) {
            case old_marker::restart:
                start_run(sequence_number, marker, timestamp);
                return true;
            case old_marker::next_tells:
                suspect_ = *extended;
                suspect_timestamp_ = timestamp;
                suspect_was_seen_ = seen_.test(*extended);
                break;
            case old_marker::no_restart:
                break;
        }
    }
    count(*extended, marker, timestamp);
    return false;
}

sequence_tracker::old_marker sequence_tracker::judge(std::int64_t extended,
                                                     std::uint32_t timestamp) const noexcept {
    const bool far_behind = highest_ - extended > most_misordered;
    const bool another_time = is_of_another_time(timestamp);
    if (extended < lowest_) return far_behind || another_time ? old_marker::restart : old_marker::no_restart;
    // Of a video frame that is shown later than the next one the timestamp proves nothing, and it was missed.
    if (!seen_.test(extended)) return another_time ? old_marker::next_tells : old_marker::no_restart;
    if (another_time) return old_marker::restart;
    if (far_behind) return old_marker::next_tells;
    if (extended == highest_) return old_marker::no_restart;
    return marked_.test(extended) ? old_marker::no_restart : old_marker::restart;
}

bool sequence_tracker::is_of_another_time(std::uint32_t timestamp) const noexcept {
    const std::int64_t ahead = static_cast<std::int32_t>(timestamp - timestamp_);
    return ahead > 0 || ahead < -farthest_timestamp;
}

bool sequence_tracker::began_at_suspect(std::int64_t extended) noexcept {
    const auto suspect = std::exchange(suspect_, no_suspect);
    if (extended != suspect + 1 || extended > highest_ || !seen_.test(extended)) return false;
    --(suspect_was_seen_ ? duplicates_ : received_);
    constexpr bool marker = true;
    start_run(static_cast<std::uint16_t>(suspect), marker, suspect_timestamp_);
    return true;
}

std::optional<std::int64_t> sequence_tracker::extend(std::uint16_t sequence_number) const noexcept {
    const auto same_cycle = cycle_ + sequence_number;
    const auto distance = same_cycle - highest_;
    if (highest_ - cycle_ < greatest_step && sequence_number > wrap_zone)
        return same_cycle - sequence_modulus;
    if (distance < -wrap_zone) return same_cycle + sequence_modulus;
    if (std::abs(distance) > greatest_step) return std::nullopt;
    return same_cycle;
}

void sequence_tracker::count(std::int64_t extended, bool marker, std::uint32_t timestamp) noexcept {
    if (extended > highest_) {
        seen_.forget(highest_ + 1, extended);
        marked_.forget(highest_ + 1, extended);
        highest_ = extended;
        timestamp_ = timestamp;
        if (extended - cycle_ >= sequence_modulus) cycle_ += sequence_modulus;
    }
    if (seen_.test(extended)) {
        ++duplicates_;
        return;
    }
    seen_.set(extended);
    if (marker && highest_ - extended <= most_misordered) marked_.set(extended);
    lowest_ = std::min(lowest_, extended);
    ++received_;
}

}  // namespace rtpproxy
