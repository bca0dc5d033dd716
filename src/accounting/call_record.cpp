#include "rtpproxy/accounting/call_record.hpp"

namespace rtpproxy {
namespace {

packet_record record_of(const media_stream& stream) {
    packet_record taken{.received = stream.received,
                        .relayed = stream.relayed,
                        .dropped = stream.dropped,
                        .refused = stream.refused,
                        .first = stream.first_packet,
                        .last = stream.last_packet,
                        .longest_gap = stream.longest_gap,
                        .remote = {}};
    if (const endpoint* remote = stream.latch.remote()) taken.remote = *remote;
    return taken;
}

stream_record record_of(const stream_statistics& statistics) {
    return {.totals = statistics.totals(),
            .jitter = statistics.jitter(),
            .last_ssrc = statistics.last_ssrc(),
            .ssrc_count = statistics.ssrc_changes(),
            .last_payload_type = statistics.last_payload_type(),
            .timed_payload_type = statistics.timed_payload_type()};
}

party_record record_of(const leg& facing) {
    return {.rtp = record_of(facing.stream(component::rtp)),
            .rtcp = record_of(facing.stream(component::rtcp)),
            .stream = record_of(facing.rtp_statistics),
            .local_address = facing.local ? facing.local->address : boost::asio::ip::address{},
            .local_port = facing.rtp_port,
            .on_hold = facing.on_hold,
            .hold_count = facing.hold_count};
}

}  // namespace

clock_reading clock_reading::now() noexcept {
    return {steady_clock::now(), std::chrono::system_clock::now()};
}

call_record take_record(const session& over, end_reason reason, time_point ended,
                        const clock_reading& clocks) {
    call_record taken;
    taken.call_id = over.call_id();
    taken.from_tag = over.from_tag();
    taken.to_tag = over.to_tag;
    taken.reason = reason;
    taken.created = over.created_at();
    taken.ended = ended;
    taken.taken = clocks;
    taken.complete = over.leg_facing(side::callee).is_open() && over.leg_facing(side::caller).is_open();
    if (over.on_timeout) taken.notify_tag = over.on_timeout->text;
    taken.notice_sent = over.notice_sent;
    taken.drops = over.drops;
    for (const side s : both_sides)
        taken.parties[index(s)] = record_of(over.leg_facing(s));
    return taken;
}

}  // namespace rtpproxy
