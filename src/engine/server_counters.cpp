#include "rtpproxy/engine/server_counters.hpp"

#include <fmt/format.h>

#include <numeric>

namespace rtpproxy {
namespace {

/// Where a counter is kept that every shard counts for itself; null for the others.
counter relay_statistics::*shard_member(global_counter name) {
    switch (name) {
        case global_counter::nsess_created:
            return &relay_statistics::sessions_created;
        case global_counter::nsess_destroyed:
            return &relay_statistics::sessions_destroyed;
        case global_counter::nsess_timeout:
            return &relay_statistics::sessions_timed_out;
        case global_counter::nsess_complete:
            return &relay_statistics::sessions_completed;
        case global_counter::nsess_nortp:
            return &relay_statistics::sessions_without_rtp;
        case global_counter::nsess_owrtp:
            return &relay_statistics::sessions_one_way_rtp;
        case global_counter::nsess_nortcp:
            return &relay_statistics::sessions_without_rtcp;
        case global_counter::nsess_owrtcp:
            return &relay_statistics::sessions_one_way_rtcp;
        case global_counter::npkts_rcvd:
            return &relay_statistics::packets_received;
        case global_counter::npkts_relayed:
            return &relay_statistics::packets_relayed;
        case global_counter::npkts_discard:
            return &relay_statistics::packets_discarded;
        case global_counter::nplrs_created:
            return &relay_statistics::players_created;
        case global_counter::nplrs_destroyed:
            return &relay_statistics::players_destroyed;
        case global_counter::npkts_played:
            return &relay_statistics::packets_played;
        case global_counter::npkts_resizer_in:
            return &relay_statistics::reframer_in;
        case global_counter::npkts_resizer_out:
            return &relay_statistics::reframer_out;
        case global_counter::npkts_resizer_discard:
            return &relay_statistics::reframer_discarded;
        case global_counter::rtpa_nsent:
            return &relay_statistics::rtp_sent;
        case global_counter::rtpa_nrcvd:
            return &relay_statistics::rtp_received;
        case global_counter::rtpa_ndups:
            return &relay_statistics::rtp_duplicates;
        case global_counter::rtpa_nlost:
            return &relay_statistics::rtp_lost;
        case global_counter::rtpa_perrs:
            return &relay_statistics::rtp_parse_errors;
        default:
            return nullptr;
    }
}

}  // namespace

std::uint64_t server_counters::sum(counter relay_statistics::*member) const {
    return std::accumulate(
        shards_.begin(), shards_.end(), std::uint64_t{0},
        [=](std::uint64_t total, const auto* shard) { return total + (shard->*member).value(); });
}

std::string server_counters::format(global_counter counter) const {
    if (const auto member = shard_member(counter)) return fmt::format("{}", sum(member));
    switch (counter) {
        case global_counter::total_duration:
            return fmt::format("{:.6f}",
                               static_cast<double>(sum(&relay_statistics::lifetime_microseconds)) / 1e6);
        case global_counter::pps_in:
            return fmt::format("{:.6f}", packets_per_second_);
        case global_counter::ncmds_rcvd:
            return fmt::format("{}", commands.received);
        case global_counter::ncmds_rcvd_ndups:
            return fmt::format("{}", commands.retransmitted);
        case global_counter::ncmds_succd:
            return fmt::format("{}", commands.succeeded);
        case global_counter::ncmds_errs:
            return fmt::format("{}", commands.failed);
        case global_counter::ncmds_repld:
            return fmt::format("{}", commands.replied);
        case global_counter::nnotices_lost:
            return fmt::format("{}", notices_ != nullptr ? notices_->lost : 0);
        default:
            return "0";
    }
}

std::uint64_t server_counters::live_sessions() const {
    const auto destroyed = sum(&relay_statistics::sessions_destroyed);  // read first: never more than created
    const auto created = sum(&relay_statistics::sessions_created);
    return created > destroyed ? created - destroyed : 0;
}

std::uint64_t server_counters::drops(drop_reason reason) const {
    std::uint64_t total = 0;
    for (const auto* shard : shards_)
        total += shard->drops[static_cast<std::size_t>(reason)].value();
    return total;
}

std::uint64_t server_counters::receive_errors() const {
    return sum(&relay_statistics::receive_errors);
}

std::string server_counters::format_summary(std::optional<double> load) const {
    const auto live = live_sessions();
    auto text = fmt::format(
        "sessions created: {}\nactive sessions: {}\nactive streams: {}\npackets received: {}\npackets "
        "transmitted: {}",
        sum(&relay_statistics::sessions_created), live, 2 * live, sum(&relay_statistics::packets_received),
        sum(&relay_statistics::packets_relayed) + sum(&relay_statistics::packets_played));
    if (load) text += fmt::format("\naverage load: {:.6f}", *load);
    return text;
}

void server_counters::update_rate(double seconds_since_last) {
    const auto packets = sum(&relay_statistics::packets_received);
    packets_per_second_ = static_cast<double>(packets - packets_at_last_update_) / seconds_since_last;
    packets_at_last_update_ = packets;
}

}  // namespace rtpproxy
