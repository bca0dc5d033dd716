#include "rtpproxy/services/stream_copy.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/media/endpoint_format.hpp"

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

/// Whether one of the ports the target has may be handed out by `pool`.
bool may_be_ours(const port_pool& pool, const endpoint& target) {
    const auto ours = pool.ports_on(target.address());
    return ours.contains(target.port()) || ours.contains(rtcp_endpoint(target).port());
}

}  // namespace

boost::system::result<std::unique_ptr<stream_copy>> stream_copy::open(port_pool& pool, options chosen) {
    const auto now = steady_clock::now();
    auto pair = open_port_pair(pool, chosen.local, now, chosen.descriptor_limit);
    if (!pair) return pair.error();
    const auto rtp_port = pair->rtp_port;
    if (const auto error = set_up(*pair, chosen)) {
        pool.release(chosen.local, rtp_port, now);
        return error;
    }
    return std::make_unique<stream_copy>(pool, std::move(chosen), *std::move(pair));
}

stream_copy::stream_copy(port_pool& pool, options chosen, bound_pair pair)
    : pool_(pool),
      options_(std::move(chosen)),
      may_return_(may_be_ours(pool, options_.target)),
      pair_(std::move(pair)) {}

stream_copy::~stream_copy() {
    log::info(options_.call_id,
              "copy of the {}'s media to {} ended: {} packets sent, {} not sent, {} looping",
              to_string(options_.from), options_.target, sent_, not_sent_, looping_);
    const auto rtp_port = pair_->rtp_port;
    pair_.reset();
    pool_.release(options_.local, rtp_port, steady_clock::now());
}

packet_tap::fate stream_copy::on_packet(const tapped_packet& packet) noexcept {
    if (packet.which == component::rtcp && !options_.with_rtcp) return fate::pass;
    if (may_return_ && packet.from_us) {  // once through this program and back is enough
        ++looping_;
        return fate::pass;
    }
    boost::system::error_code error;
    pair_->sockets[static_cast<std::size_t>(packet.which)].send(packet.datagram, error);
    if (!error)
        ++sent_;
    else if (not_sent_++ == 0)
        report(error);
    return fate::pass;
}

void stream_copy::report(const boost::system::error_code& error) {
    log::warn(options_.call_id, "copy of the {}'s media to {}: {}; said once for each copy",
              to_string(options_.from), options_.target, error.message());
}

}  // namespace rtpproxy
