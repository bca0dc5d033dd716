#include "rtpproxy/tools/stream_report.hpp"

#include <fmt/format.h>

#include <ostream>

namespace rtpproxy {

void stream_report::on_packet(const rtp_header& header, time_point arrival) noexcept {
    bool restarted = false;
    const bool changed = all_.on_packet(header, arrival);
    if (changed) {
        sequence_.start_run(header.sequence_number, header.marker, header.timestamp);
        packets_of_clock_ = 0;
    } else {
        restarted = sequence_.on_packet(header.sequence_number, header.marker, header.timestamp);
    }
    if (changed || restarted) {
        // A run that has just begun has neither holes nor duplicates.
        const auto of_run = static_cast<std::uint64_t>(sequence_.highest() - sequence_.lowest() + 1);
        received_before_run_ = sequence_.received() - of_run;
        duplicates_before_run_ = sequence_.duplicates();
    }
    if (static_clock_rate(header.payload_type) != 0 && ++packets_of_clock_ == 2) jitter_known_ = true;
}

void stream_report::print(std::ostream& out) const {
    out << fmt::format("pcount={}, min_seq={}, max_seq={}, seq_offset={}, ssrc=0x{:08X}, duplicates={}\n",
                       sequence_.received() - received_before_run_, all_.last_ssrc() ? sequence_.lowest() : 0,
                       sequence_.highest(), sequence_.cycle(), all_.last_ssrc().value_or(0),
                       sequence_.duplicates() - duplicates_before_run_);
    const auto totals = all_.totals();
    out << fmt::format("ssrc_changes={}, psent={}, precvd={}, plost={}\n", all_.ssrc_changes(), totals.sent,
                       totals.received, totals.lost());
    if (!jitter_known_) return;
    const auto jitter = all_.jitter();
    out << fmt::format("last_jitter={:f},average_jitter={:f},max_jitter={:f}\n", jitter.last, jitter.average,
                       jitter.maximum);
}

}  // namespace rtpproxy
