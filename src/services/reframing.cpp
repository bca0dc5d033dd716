#include "rtpproxy/services/reframing.hpp"

#include <exception>
#include <utility>

namespace rtpproxy {

reframing::reframing(const service_environment& environment, side from, std::chrono::milliseconds packet_time,
                     next_service next)
    : environment_(environment),
      from_(from),
      next_(std::move(next)),
      repacketiser_(packet_time),
      timer_(environment.context, [this](time_point now) { pass_on_what_is_due(now); }) {}

reframing::~reframing() {
    environment_.statistics.reframer_discarded.add(repacketiser_.held());
}

void reframing::set_packet_time(std::optional<std::chrono::milliseconds> packet_time) {
    if (packet_time)
        repacketiser_.set_packet_time(*packet_time);
    else
        repacketiser_.pass_all();
    pass_on_what_is_due(last_arrival_);  // the timer sees to the rest
}

void reframing::on_packet(const accepted_packet& packet, const rtp_header& header) noexcept {
    auto& statistics = environment_.statistics;
    source_ = packet.source;
    last_arrival_ = packet.when.now;
    ++statistics.reframer_in;
    if (!try_push(packet, header)) ++statistics.reframer_discarded;
    pass_on_what_is_due(packet.when.now);
}

/// False when it came too late, or there is no memory to hold it.
bool reframing::try_push(const accepted_packet& packet, const rtp_header& header) noexcept {
    try {
        return repacketiser_.push(packet.datagram, header, packet.when.now);
    } catch (const std::exception&) {
        return false;
    }
}

void reframing::pass_on_what_is_due(time_point now) noexcept {
    const auto when = moment_at(now);
    while (const auto datagram = repacketiser_.next(now)) {
        ++environment_.statistics.reframer_out;
        next_({from_, component::rtp, *datagram, source_, when});
    }
    if (const auto due = repacketiser_.next_due()) timer_.set(*due);
}

moment reframing::moment_at(time_point now) const noexcept {
    return {.now = now, .second = static_cast<tick>((now - environment_.epoch) / std::chrono::seconds{1})};
}

}  // namespace rtpproxy
