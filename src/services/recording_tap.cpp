#include "rtpproxy/services/recording_tap.hpp"

#include <exception>
#include <utility>

namespace rtpproxy {
namespace {

recorded_party describe(const session& owner, side which) {
    const leg& of = owner.leg_facing(which);
    const endpoint* remote = of.stream(component::rtp).latch.remote();
    return {which == side::caller ? owner.from_tag() : owner.to_tag,
            remote != nullptr ? std::optional{*remote} : std::nullopt, of.codecs};
}

}  // namespace

running_recording::running_recording(const session& owner, recording_channel& channel,
                                     std::shared_ptr<recording> recorded)
    : owner_(owner), channel_(channel), recording_(std::move(recorded)) {}

running_recording::~running_recording() {
    recording_end end{steady_clock::now(), owner_.over_because, {}};
    try {
        for (const side each : both_sides)
            end.parties[index(each)] = describe(owner_, each);
    } catch (const std::exception&) {  // out of memory: the recording matters more than who was in it
    }
    channel_.end(std::move(recording_), std::move(end));
}

/// RTCP in the one pcap file of a session is shown as it leaves, like the classic program does.
bool running_recording::shows_as_sent(component which) const noexcept {
    return which == component::rtcp && channel_.format() == recording_format::pcap &&
           recording_->order.files == recording_order::layout::session;
}

void running_recording::add(side from, const tapped_packet& packet) noexcept {
    if (packet.which == component::rtcp && !channel_.records_rtcp()) return;
    recorded_packet recorded{packet.when.now, from,  packet.which,   packet.source,
                             packet.local,    false, packet.datagram};
    if (shows_as_sent(packet.which)) {
        const leg& out = owner_.leg_facing(other(from));
        if (const endpoint* remote = out.stream(packet.which).latch.remote()) {
            recorded.source = {out.local->address, static_cast<std::uint16_t>(out.rtp_port + 1)};
            recorded.destination = *remote;
            recorded.outgoing = true;
        }
    }
    channel_.add(*recording_, recorded);
}

packet_tap::fate recording_tap::on_packet(const tapped_packet& packet) noexcept {
    for (const auto& each : recordings_)
        each->add(from_, packet);
    return fate::pass;
}

}  // namespace rtpproxy
