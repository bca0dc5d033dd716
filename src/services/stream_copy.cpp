#include "rtpproxy/services/stream_copy.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/media/endpoint_format.hpp"
#include "rtpproxy/rtp/media_datagram.hpp"

#include <utility>

namespace rtpproxy {
namespace {

endpoint rtcp_endpoint(const endpoint& rtp) {
    return {rtp.address(), static_cast<std::uint16_t>(rtp.port() + 1)};
}

boost::system::error_code set_up(bound_pair& pair, const stream_copy::options& chosen) {
    for (const auto which : both_components) {
        auto& socket = pair.sockets[static_cast<std::size_t>(which)];
        socket.set_traffic_class(chosen.traffic_class);
        socket.keep_little();
        const auto to = which == component::rtp ? chosen.target : rtcp_endpoint(chosen.target);
        if (const auto error = socket.connect(to)) return error;
    }
    return {};
}

}  // namespace

boost::system::result<std::unique_ptr<stream_copy>> stream_copy::open(port_pool& pool,
                                                                      const media_destinations& destinations,
                                                                      options chosen) {
    auto pair = open_port_pair(pool, chosen.local, steady_clock::now(), chosen.descriptor_limit);
    if (!pair) return pair.error();
    if (const auto error = set_up(*pair, chosen)) return error;
    return std::make_unique<stream_copy>(destinations, std::move(chosen), *std::move(pair));
}

stream_copy::stream_copy(const media_destinations& destinations, options chosen, bound_pair pair)
    : destinations_(destinations), options_(std::move(chosen)), pair_(std::move(pair)) {
    judge_target();
}

stream_copy::~stream_copy() {
    log::info(options_.call_id,
              "copy of the {}'s media to {} ended: {} packets sent, {} not sent, {} looping",
              to_string(options_.from), options_.target, sent_, not_sent_, looping_);
}

packet_tap::fate stream_copy::on_packet(const tapped_packet& packet) noexcept {
    if (packet.which == component::rtcp && !options_.with_rtcp) return fate::pass;
    if (judged_ != destinations_.generation()) judge_target();
    if (may_return_ && packet.from_us) {  // once through this program and back is enough
        ++looping_;
        return fate::pass;
    }
    if (!is_permitted(packet)) {
        ++not_sent_;
        report("the target is not permitted, or what was to be sent is no media");
        return fate::pass;
    }
    boost::system::error_code error;
    pair_.sockets[static_cast<std::size_t>(packet.which)].send(packet.datagram, error);
    if (!error) {
        ++sent_;
    } else {
        ++not_sent_;
        if (!reported_) report(error.message());
    }
    return fate::pass;
}

/// When the copy begins, and when the addresses of this host have changed.
void stream_copy::judge_target() noexcept {
    judged_ = destinations_.generation();
    const auto ours = destinations_.ports_on(options_.target.address());
    const auto rtcp = rtcp_endpoint(options_.target);
    may_return_ = ours.contains(options_.target.port()) || ours.contains(rtcp.port());
    target_is_ = {destinations_.judge(options_.target).kind, destinations_.judge(rtcp).kind};
}

bool stream_copy::is_permitted(const tapped_packet& packet) const noexcept {
    switch (target_is_[static_cast<std::size_t>(packet.which)]) {
        case destination_kind::open:
        case destination_kind::ours:
            return true;
        case destination_kind::neighbour:
            return recognise_datagram(packet.datagram) != datagram_kind::other;
        case destination_kind::forbidden:
            break;
    }
    return false;
}

/// Once.
void stream_copy::report(std::string_view reason) {
    if (std::exchange(reported_, true)) return;
    log::warn(options_.call_id, "copy of the {}'s media to {}: {}; said once for each copy",
              to_string(options_.from), options_.target, reason);
}

}  // namespace rtpproxy
