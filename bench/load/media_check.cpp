#include "load/media_check.hpp"

namespace rtpproxy::bench {

std::optional<std::uint32_t> media_check::take(const wildcard_socket::arrival& arrival, std::uint32_t phase,
                                               media_result& result) noexcept {
    const auto stamp = read_packet(arrival.datagram);
    if (!stamp || stamp->stream >= order_.size()) {
        ++result.altered;
        return std::nullopt;
    }
    if (stamp->phase != phase) return std::nullopt;

    const auto [call_number, who] = end_at(arrival.local);
    if (call_number >= calls_.size() || stamp->stream != stream_of(call_number, opposite(who))) {
        ++result.misdelivered;
        return std::nullopt;
    }
    if (!same_address(arrival.source, calls_[call_number].end(who).relay)) ++result.wrong_source;

    const auto order = order_[stamp->stream].take(stamp->number);
    if (order == arrival_order::verdict::duplicate) {
        ++result.duplicates;
        return std::nullopt;
    }
    if (order == arrival_order::verdict::late) ++result.late;
    ++result.received;
    result.delay.record(arrival.at - stamp->sent_at);
    return stamp->stream;
}

}  // namespace rtpproxy::bench
