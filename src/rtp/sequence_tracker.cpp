#include "rtpproxy/rtp/sequence_tracker.hpp"

#include <algorithm>

namespace rtpproxy {

namespace {

constexpr std::int64_t sequence_modulus = 65536;
constexpr std::int64_t greatest_step = 536;  ///< further away than this the stream is another one
constexpr std::int64_t wrap_zone = 65000;    ///< numbers above may belong to the cycle before

}  // namespace

void sequence_tracker::seen_window::forget(std::int64_t first, std::int64_t last) noexcept {
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

bool sequence_tracker::seen_window::test_and_set(std::int64_t number) noexcept {
    const auto bit = static_cast<std::uint64_t>(number) % bits;
    const auto mask = std::uint64_t{1} << (bit % word_bits);
    auto& word = words_[bit / word_bits];
    const bool seen = (word & mask) != 0;
    word |= mask;
    return seen;
}

void sequence_tracker::start_run(std::uint16_t sequence_number) noexcept {
    sent_in_ended_runs_ += span();
    lowest_ = highest_ = sequence_number;
    cycle_ = 0;
    seen_.clear();
    count(sequence_number);
}

bool sequence_tracker::on_packet(std::uint16_t sequence_number, bool marker) noexcept {
    const bool first = span() == 0;
    if (first || is_restart(sequence_number, marker)) {
        start_run(sequence_number);
        return !first;
    }
    switch (locate(sequence_number)) {
        case position::near:
            count(cycle_ + sequence_number);
            return false;
        case position::before_wrap:
            count(cycle_ - sequence_modulus + sequence_number);
            return false;
        case position::after_wrap:
            cycle_ += sequence_modulus;
            count(cycle_ + sequence_number);
            return false;
        case position::elsewhere:
            break;
    }
    start_run(sequence_number);
    return true;
}

bool sequence_tracker::is_restart(std::uint16_t sequence_number, bool marker) const noexcept {
    const bool about_to_wrap = highest_ - cycle_ == sequence_modulus - 1;
    return marker && !about_to_wrap && cycle_ + sequence_number < highest_;
}

sequence_tracker::position sequence_tracker::locate(std::uint16_t sequence_number) const noexcept {
    const auto distance = cycle_ + sequence_number - highest_;
    if (highest_ - cycle_ < greatest_step && sequence_number > wrap_zone) return position::before_wrap;
    if (distance < -wrap_zone) return position::after_wrap;
    if (distance < -greatest_step || distance > greatest_step) return position::elsewhere;
    return position::near;
}

void sequence_tracker::count(std::int64_t extended) noexcept {
    if (extended > highest_) {
        seen_.forget(highest_ + 1, extended);
        highest_ = extended;
    }
    if (seen_.test_and_set(extended)) {
        ++duplicates_;
        return;
    }
    lowest_ = std::min(lowest_, extended);
    ++received_;
}

}  // namespace rtpproxy
