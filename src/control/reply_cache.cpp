#include "rtpproxy/control/reply_cache.hpp"

#include <exception>

namespace rtpproxy {
namespace {

template <typename Bytes>
void append_bytes(std::string& text, const Bytes& bytes) {
    text.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
}

// Family, port, address, cookie, blank, command: what comes before the cookie has a fixed length for each
// family, and a cookie has no blanks.
void make_key(std::string& key, const endpoint& peer, std::string_view cookie, std::string_view command) {
    key.clear();
    if (peer.data()->sa_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(peer.data());
        key.push_back('6');
        append_bytes(key, v6->sin6_port);
        append_bytes(key, v6->sin6_addr);
    } else {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(peer.data());
        key.push_back('4');
        append_bytes(key, v4->sin_port);
        append_bytes(key, v4->sin_addr);
    }
    key.append(cookie).append(1, ' ').append(command);
}

}  // namespace

reply_cache::lookup reply_cache::begin(const endpoint& peer, std::string_view cookie,
                                       std::string_view command, time_point now) {
    forget_expired(now);
    make_key(key_, peer, cookie, command);
    const auto hash = std::hash<std::string_view>{}(key_);
    if (const auto known = index_.find(hashed_key{key_, hash}); known != index_.end()) {
        const entry& found = *known->stored;
        if (!found.is_answered()) return {state::in_progress, {}, 0};
        return {state::answered, found.reply, 0};
    }
    const auto key = texts_.append(key_);
    entries_.push_back(
        {.key = key, .reply = {}, .hash = hash, .block = texts_.last_block(), .received = now});
    try {
        index_.insert({&entries_.back(), hash});
    } catch (...) {
        entries_.pop_back();
        throw;
    }
    octets_ += key_.size();
    keep_within_limits();
    return {state::fresh, {}, first_ + entries_.size() - 1};
}

/// Null when it is answered, or forgotten.
reply_cache::entry* reply_cache::find_unanswered(ticket number) noexcept {
    if (number < first_ || number - first_ >= entries_.size()) return nullptr;
    entry& found = entries_[number - first_];
    return found.is_answered() ? nullptr : &found;
}

void reply_cache::complete(ticket number, std::string_view reply) noexcept {
    entry* const completed = find_unanswered(number);
    if (completed == nullptr) return;
    try {
        completed->reply = texts_.append(reply);
    } catch (const std::exception&) {
        return forget(number);
    }
    octets_ += reply.size();
    keep_within_limits();
}

/// The entry keeps its place until it is the oldest, but nobody finds it any more.
void reply_cache::forget(ticket number) noexcept {
    entry* const forgotten = find_unanswered(number);
    if (forgotten == nullptr) return;
    take_out_of_index(*forgotten);
    forgotten->reply = std::string_view{""};
}

/// Unless it is out already, and another one of the same name may be in.
void reply_cache::take_out_of_index(const entry& known) noexcept {
    const auto found = index_.find(slot{&known, known.hash});
    if (found != index_.end() && found->stored == &known) index_.erase(found);
}

void reply_cache::forget_oldest() noexcept {
    const auto& oldest = entries_.front();
    octets_ -= oldest.key.size() + oldest.reply.size();
    take_out_of_index(oldest);
    entries_.pop_front();
    ++first_;
    // Whatever is in front of the oldest key belongs to entries that are gone.
    texts_.drop_before(entries_.empty() ? texts_.last_block() : entries_.front().block);
}

void reply_cache::forget_expired(time_point now) noexcept {
    while (!entries_.empty() && now - entries_.front().received >= lifetime)
        forget_oldest();
}

void reply_cache::keep_within_limits() noexcept {
    while (entries_.size() > limits_.entries || (octets_ > limits_.octets && entries_.size() > 1))
        forget_oldest();
}

}  // namespace rtpproxy
