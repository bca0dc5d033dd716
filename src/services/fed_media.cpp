#include "rtpproxy/services/fed_media.hpp"

#include "rtpproxy/services/call_services.hpp"

#include <algorithm>
#include <utility>

namespace rtpproxy {

fed_media::~fed_media() {
    clear();
}

void fed_media::clear() noexcept {
    for (const auto& each : sources_)
        each.feed->close();
    sources_.clear();
}

bool fed_media::add(std::shared_ptr<session_feed> feed, side listener) {
    sources_.reserve(most);  // once it is open, it has to have its place
    const auto same = std::ranges::find_if(
        sources_, [&](const source& each) { return each.feed->source_name() == feed->source_name(); });
    if (same == sources_.end() && sources_.size() == most) return false;
    if (!feed->open(*this)) return false;
    if (same == sources_.end()) {
        sources_.push_back({std::move(feed), listener});
        return true;
    }
    same->feed->close();
    *same = {std::move(feed), listener};
    return true;
}

void fed_media::on_fed_packet(const session_feed& feed, const fed_packet& packet) noexcept {
    const auto from = std::ranges::find(sources_, &feed, [](const source& each) { return each.feed.get(); });
    if (from == sources_.end()) return;
    const bool by_the_first = packet.sender == feed.named_first();
    services_.pass_on_fed(by_the_first ? from->listener : other(from->listener), packet);
}

void fed_media::on_feed_over(const session_feed& feed) noexcept {
    std::erase_if(sources_, [&](const source& each) { return each.feed.get() == &feed; });
}

}  // namespace rtpproxy
