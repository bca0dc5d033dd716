#pragma once

#include "rtpproxy/net/time.hpp"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>

#include <cstddef>
#include <functional>

namespace rtpproxy {

/// A map that forgets: entries that were not changed for long, and the oldest ones when there are too many.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class recent_map {
  public:
    recent_map(std::size_t most, duration longest) : most_(most), longest_(longest) {}

    /// The value of `key`, a new one if there is none. It counts as changed now. Valid until the next call.
    [[nodiscard]] Value& change(const Key& key, time_point now) {
        forget(now);
        auto& by_key = entries_.template get<0>();
        auto found = by_key.find(key);
        if (found == by_key.end()) {
            if (entries_.size() >= most_) entries_.template get<1>().pop_front();
            found = by_key.insert({key, {}, now}).first;
        }
        found->changed = now;
        auto& by_age = entries_.template get<1>();
        by_age.relocate(by_age.end(), entries_.template project<1>(found));
        return found->value;
    }

    /// Null if there is none. Valid until the next call.
    [[nodiscard]] const Value* find(const Key& key, time_point now) const {
        const auto& by_key = entries_.template get<0>();
        const auto found = by_key.find(key);
        return found == by_key.end() || now - found->changed >= longest_ ? nullptr : &found->value;
    }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  private:
    struct entry {
        Key key;
        mutable Value value;         // not what it is found by
        mutable time_point changed;  // nor this
    };

    void forget(time_point now) {
        auto& by_age = entries_.template get<1>();
        while (!by_age.empty() && now - by_age.front().changed >= longest_)
            by_age.pop_front();
    }

    const std::size_t most_;
    const duration longest_;
    boost::multi_index_container<
        entry, boost::multi_index::indexed_by<boost::multi_index::hashed_unique<
                                                  boost::multi_index::member<entry, Key, &entry::key>, Hash>,
                                              boost::multi_index::sequenced<>>>
        entries_;
};

}  // namespace rtpproxy
