#include "rtpproxy/engine/media_memory.hpp"

#include <boost/container_hash/hash.hpp>

#include <algorithm>
#include <new>

namespace rtpproxy {

std::size_t media_memory::endpoint_hash::operator()(const endpoint& local) const noexcept {
    std::size_t seed = std::hash<address>{}(local.address());
    boost::hash_combine(seed, local.port());
    return seed;
}

void media_memory::remember_companion(const address& signalled, const address& host, time_point now) noexcept
    try {
    const std::lock_guard lock(mutex_);
    auto& known = companions_.change(signalled, now);
    const auto same = std::ranges::find(known, host);
    if (same != known.end())
        known.erase(same);
    else if (known.size() == known.capacity())
        known.pop_back();
    known.insert(known.begin(), host);
} catch (const std::bad_alloc&) {
    // Not remembered.
}

media_memory::hosts media_memory::companions_of(const address& signalled, time_point now) const noexcept {
    const std::lock_guard lock(mutex_);
    const auto* const known = companions_.find(signalled, now);
    return known != nullptr ? *known : hosts{};
}

void media_memory::remember_source(const endpoint& local, const former_source& source,
                                   time_point now) noexcept try {
    const std::lock_guard lock(mutex_);
    sources_.change(local, now).add(source);
} catch (const std::bad_alloc&) {
    // Not remembered.
}

std::optional<former_sources> media_memory::sources_at(const endpoint& local, time_point now) const noexcept {
    const std::lock_guard lock(mutex_);
    const auto* const known = sources_.find(local, now);
    return known != nullptr ? std::optional{*known} : std::nullopt;
}

}  // namespace rtpproxy
