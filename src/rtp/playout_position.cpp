#include "rtpproxy/rtp/playout_position.hpp"

namespace rtpproxy {

/// Empty when the timestamp does not continue the stream, or disagrees with the arrival.
std::optional<std::uint64_t> playout_position::by_timestamp(const rtp_header& header,
                                                            std::uint64_t arrival) const noexcept {
    if (!last_ || last_->ssrc != header.ssrc) return std::nullopt;
    // Timestamps wrap around; the shorter way is meant.
    const auto step = static_cast<std::int32_t>(header.timestamp - last_->timestamp);
    const auto position = static_cast<std::int64_t>(last_->position) + step;
    if (position < 0) return std::nullopt;
    const auto found = static_cast<std::uint64_t>(position);
    const auto apart = found > arrival ? found - arrival : arrival - found;
    return apart <= tolerance_ ? std::optional{found} : std::nullopt;
}

std::uint64_t playout_position::of(const rtp_header& header, std::uint64_t arrival) noexcept {
    const auto position = by_timestamp(header, arrival).value_or(arrival);
    last_ = {header.ssrc, header.timestamp, position};
    return position;
}

}  // namespace rtpproxy
