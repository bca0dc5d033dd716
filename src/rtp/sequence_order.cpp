#include "rtpproxy/rtp/sequence_order.hpp"

#include <algorithm>
#include <cstdlib>

namespace rtpproxy {
namespace {

// RFC 3550 A.1.
constexpr int most_dropped = 3000;
constexpr int most_misordered = 100;

/// Two minutes at 8000 Hz. Packets sent so near each other have timestamps that are nearer than this, also an
/// event, which keeps that of its start (RFC 4733 §2.3.5).
constexpr std::int64_t farthest_timestamp = std::int64_t{1} << 20;

/// How far the header's number is ahead of `from`, between -32768 and 32767.
int steps(std::uint16_t from, std::uint16_t to) noexcept {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}

bool is_near(std::uint32_t timestamp, std::uint32_t other) noexcept {
    const std::int64_t difference = static_cast<std::int32_t>(timestamp - other);
    return std::abs(difference) <= farthest_timestamp;
}

}  // namespace

bool sequence_order::continues(const position& from, const rtp_header& header) noexcept {
    const int distance = steps(from.highest, header.sequence_number);
    if (distance >= 0) return distance <= most_dropped;
    return distance >= -most_misordered && is_near(header.timestamp, from.timestamp);
}

std::int64_t sequence_order::begin(const rtp_header& header) noexcept {
    current_ = position{header.ssrc, header.timestamp, header.sequence_number, ++last_place_};
    return last_place_;
}

std::optional<std::int64_t> sequence_order::place(const rtp_header& header) noexcept {
    if (!current_) return begin(header);
    if (current_->ssrc != header.ssrc) {
        const bool returns = previous_ && previous_->ssrc == header.ssrc;
        if (returns && continues(*previous_, header) &&
            steps(previous_->highest, header.sequence_number) <= 0)
            return std::nullopt;
        previous_ = current_;
        return begin(header);
    }
    if (!continues(*current_, header)) return begin(header);

    const int distance = steps(current_->highest, header.sequence_number);
    const auto place = current_->place + distance;
    if (distance > 0) {
        current_ = position{header.ssrc, header.timestamp, header.sequence_number, place};
        last_place_ = place;
    }
    return place;
}

}  // namespace rtpproxy
