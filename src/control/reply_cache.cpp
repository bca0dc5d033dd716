#include "rtpproxy/control/reply_cache.hpp"

namespace rtpproxy {
namespace {

template <typename Bytes>
void append_bytes(std::string& text, const Bytes& bytes) {
    text.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
}

// Family, port, address, then the cookie: what comes before the cookie has a fixed length for each family.
std::string make_key(const endpoint& peer, std::string_view cookie) {
    std::string key;
    key.reserve(1 + sizeof(std::uint16_t) + 16 + cookie.size());
    const bool v6 = peer.address().is_v6();
    key.push_back(v6 ? '6' : '4');
    append_bytes(key, peer.port());
    if (v6)
        append_bytes(key, peer.address().to_v6().to_bytes());
    else
        append_bytes(key, peer.address().to_v4().to_bytes());
    return key.append(cookie);
}

}  // namespace

reply_cache::lookup reply_cache::begin(const endpoint& peer, std::string_view cookie, time_point now) {
    forget_expired(now);
    auto key = make_key(peer, cookie);
    if (const auto known = index_.find(std::string_view(key)); known != index_.end()) {
        const entry& found = **known;
        return found.answered ? lookup{state::answered, found.reply()} : lookup{state::in_progress, {}};
    }
    const auto octets = key.size();
    entries_.push_back({std::move(key), static_cast<std::uint32_t>(octets), false, now});
    index_.insert(&entries_.back());
    octets_ += octets;
    keep_within_limits();
    return {};
}

void reply_cache::complete(const endpoint& peer, std::string_view cookie, std::string_view reply) {
    const auto key = make_key(peer, cookie);
    const auto known = index_.find(std::string_view(key));
    if (known == index_.end() || (*known)->answered) return;
    (*known)->text.append(reply);
    (*known)->answered = true;
    octets_ += reply.size();
    keep_within_limits();
}

void reply_cache::forget_oldest() {
    octets_ -= entries_.front().text.size();
    index_.erase(&entries_.front());
    entries_.pop_front();
}

void reply_cache::forget_expired(time_point now) {
    while (!entries_.empty() && now - entries_.front().received >= lifetime)
        forget_oldest();
}

void reply_cache::keep_within_limits() {
    while (entries_.size() > limits_.entries || (octets_ > limits_.octets && entries_.size() > 1))
        forget_oldest();
}

}  // namespace rtpproxy
