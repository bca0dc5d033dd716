#include "rtpproxy/rtp/dtmf_detector.hpp"

#include <algorithm>

namespace rtpproxy {
namespace {

bool is_later(std::uint16_t sequence_number, std::uint16_t than) noexcept {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence_number - than)) > 0;
}

}  // namespace

void dtmf_detector::on_packet(std::uint32_t timestamp, std::span<const std::byte> payload, time_point now,
                              std::uint16_t sequence_number, bool marker) noexcept {
    const auto said = read_telephone_event(payload);
    if (!said || !to_digit(said->code)) return;
    auto* known = find(timestamp, said->code);
    if (known == nullptr) {
        add(timestamp, *said, now).newest = sequence_number;
        return;
    }
    if (known->repeated && is_later(known->first, sequence_number)) return;  // of the one before
    const bool later = is_later(sequence_number, known->newest);
    if (later && marker && !said->end && said->duration < known->duration)
        return add_repeated(*known, *said, now, sequence_number);
    if (later) known->newest = sequence_number;
    if (known->at == stage::reported) return;

    known->heard = now;
    known->duration = std::max(known->duration, said->duration);
    if (!said->end && known->at != stage::pressed) return;  // it was overtaken by the end
    known->volume = said->volume;
    if (said->end) known->at = stage::released;
}

/// The newest of this timestamp and digit.
dtmf_detector::event* dtmf_detector::find(std::uint32_t timestamp, std::uint8_t code) noexcept {
    for (std::size_t i = count_; i-- > 0;)
        if (events_[i].timestamp == timestamp && events_[i].code == code) return &events_[i];
    return nullptr;
}

dtmf_detector::event& dtmf_detector::add(std::uint32_t timestamp, const telephone_event& first,
                                         time_point now) noexcept {
    event added;
    added.heard = now;
    added.timestamp = timestamp;
    added.before = take_over_segment(timestamp, first.code);
    added.duration = first.duration;
    added.code = first.code;
    added.volume = first.volume;
    added.at = first.end ? stage::maybe_late : stage::pressed;
    if (first.end && added.before != 0) added.at = stage::released;
    if (count_ < remembered) return events_[count_++] = added;
    std::rotate(events_.begin(), events_.begin() + 1, events_.end());
    return events_.back() = added;
}

/// The same key again, with the timestamp it had `before`, whose ends may all be lost.
void dtmf_detector::add_repeated(event& before, const telephone_event& first, time_point now,
                                 std::uint16_t sequence_number) noexcept {
    if (before.at == stage::pressed) before.at = stage::released;
    event& added = add(before.timestamp, first, now);
    added.newest = added.first = sequence_number;
    added.repeated = true;
}

/// An event that is longer than its duration field can say is sent in segments, each with the timestamp at
/// which the one before was full (RFC 4733 §2.5.1.3). Returns the duration so far; 0 for a new event.
std::uint32_t dtmf_detector::take_over_segment(std::uint32_t timestamp, std::uint8_t code) noexcept {
    constexpr std::uint32_t longest_segment = 0xffff;
    auto* before = find(timestamp - longest_segment, code);
    if (before == nullptr || before->at != stage::pressed) return 0;
    before->at = stage::reported;
    return before->before + longest_segment;
}

std::optional<dtmf_digit> dtmf_detector::next(time_point now) noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        if (!is_over(i, now)) continue;
        event& over = events_[i];
        over.at = stage::reported;
        return dtmf_digit{to_digit(over.code).value_or(' '), over.volume, over.before + over.duration};
    }
    return std::nullopt;
}

bool dtmf_detector::is_over(std::size_t index, time_point now) const noexcept {
    const event& asked = events_[index];
    if (asked.at == stage::released) return true;
    if (asked.at != stage::pressed) return false;
    const bool about_to_be_forgotten = index == 0 && count_ == remembered;
    if (about_to_be_forgotten || asked.heard + silence <= now) return true;
    const auto first_later = events_.begin() + static_cast<std::ptrdiff_t>(index) + 1;
    const auto end = events_.begin() + static_cast<std::ptrdiff_t>(count_);
    return std::any_of(first_later, end, [](const event& each) { return each.at == stage::released; });
}

std::optional<time_point> dtmf_detector::next_due() const noexcept {
    std::optional<time_point> due;
    for (const auto& each : events_)
        if (each.at == stage::pressed && (!due || each.heard + silence < *due)) due = each.heard + silence;
    return due;
}

}  // namespace rtpproxy
