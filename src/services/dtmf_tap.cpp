#include "rtpproxy/services/dtmf_tap.hpp"

#include "rtpproxy/log/log.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace rtpproxy {
namespace {

constexpr std::uint32_t notices_a_second = 32;

std::string format_notice(std::string_view tag, const dtmf_digit& digit, side from) {
    return fmt::format("{} {} {} {} {}", tag, digit.digit, digit.volume, digit.duration,
                       from == side::caller ? 0 : 1);
}

}  // namespace

dtmf_tap::dtmf_tap(const service_environment& environment, std::string call_id, side from, std::string tag,
                   const request& asked)
    : environment_(environment),
      call_id_(std::move(call_id)),
      from_(from),
      tag_(std::move(tag)),
      asked_(asked),
      timer_(environment.context, [this](time_point now) { report(now); }) {
    notices_.set_limit(notices_a_second);
}

packet_tap::fate dtmf_tap::on_packet(const tapped_packet& packet) noexcept {
    if (!packet.header || packet.header->payload_type != asked_.payload_type) return fate::pass;
    const auto payload = packet.datagram.subspan(packet.header->header_octets, packet.header->payload_octets);
    detector_.on_packet(packet.header->timestamp, payload, packet.when.now, packet.header->sequence_number,
                        packet.header->marker);
    report(packet.when.now);
    return asked_.swallow ? fate::swallow : fate::pass;
}

void dtmf_tap::report(time_point now) noexcept {
    const auto second = static_cast<tick>((now - environment_.epoch) / std::chrono::seconds{1});
    while (const auto digit = detector_.next(now)) {
        if (!notices_.take(second)) continue;
        tell_controller(*digit);
    }
    if (const auto due = detector_.next_due()) timer_.set(*due);
}

void dtmf_tap::tell_controller(const dtmf_digit& digit) noexcept {
    try {
        environment_.post({asked_.notify_target, format_notice(tag_, digit, from_), call_id_});
        ++environment_.statistics.notices_posted;
    } catch (const std::exception& error) {
        log::err(call_id_, "a key that a party pressed is not told to the controller: {}", error.what());
    }
}

}  // namespace rtpproxy
