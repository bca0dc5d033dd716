#include "rtpproxy/rtp/stream_statistics.hpp"

namespace rtpproxy {

bool stream_statistics::on_packet(const std::optional<rtp_header>& header, time_point arrival) noexcept {
    if (!header) {
        ++parse_errors_;
        return false;
    }
    const bool ssrc_changed = ssrc_changes_ == 0 || header->ssrc != ssrc_;
    bool restarted = false;
    if (ssrc_changed) {
        ++ssrc_changes_;
        ssrc_ = header->ssrc;
        sequence_.start_run(header->sequence_number, header->marker, header->timestamp);
    } else {
        restarted = sequence_.on_packet(header->sequence_number, header->marker, header->timestamp);
    }
    jitter_.on_packet(*header, arrival, restarted);
    payload_type_ = header->payload_type;
    return ssrc_changed;
}

stream_totals stream_statistics::totals() const noexcept {
    return {sequence_.sent(), sequence_.received(), sequence_.duplicates(), parse_errors_};
}

std::optional<std::uint32_t> stream_statistics::last_ssrc() const noexcept {
    return ssrc_changes_ == 0 ? std::nullopt : std::optional{ssrc_};
}

std::optional<std::uint8_t> stream_statistics::last_payload_type() const noexcept {
    return ssrc_changes_ == 0 ? std::nullopt : std::optional{payload_type_};
}

}  // namespace rtpproxy
