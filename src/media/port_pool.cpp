#include "rtpproxy/media/port_pool.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <random>

namespace rtpproxy {

port_pool::address_ports::address_ports(std::size_t pairs, const std::vector<pair_index>& excluded)
    : usable(pairs - excluded.size()), rested(pairs) {
    free.resize(pairs, true);
    eligible.resize(pairs, true);
    std::iota(rested.begin(), rested.end(), pair_index{0});
    for (const auto index : excluded) {
        free.reset(index);
        eligible.reset(index);
        std::erase(rested, index);
    }
}

void port_pool::address_ports::prepare_return() {
    for (auto* const places : {&resting, &set_aside}) {
        const auto needed = places->size() + in_use + 1;
        if (places->capacity() < needed) places->set_capacity(std::min(2 * needed, free.size()));
    }
}

bool port_pool::address_ports::is_forgettable(time_point now, const port_range& range) const {
    const auto is_over = [&](const auto& places, duration time) {
        return places.empty() || now - places.back().since >= time;
    };
    return !any_in_use() && reserved == 0 && is_over(resting, range.rest) &&
           is_over(set_aside, range.look_again);
}

port_pool::port_pool(port_range range) : range_(range) {
    assert(range_.min % 2 == 0 && range_.max % 2 == 0 && range_.min <= range_.max);
    cursors_.fill(static_cast<pair_index>(range_.pairs() - 1));
}

port_pool::pair_index port_pool::index_of(std::uint16_t port) const noexcept {
    return static_cast<pair_index>((port - range_.min) / 2);
}

/// Null when nothing of that address is handed out or remembered.
port_pool::address_ports* port_pool::find_ports(const boost::asio::ip::address& address) noexcept {
    const auto known = addresses_.find(address);
    return known == addresses_.end() ? nullptr : &known->second;
}

std::optional<port_pool::pair_index> port_pool::take_random(address_ports& ports, time_point now) {
    const auto has_rested = [&](const resting_pair& pair) { return now - pair.since >= range_.rest; };
    while (!ports.resting.empty() && (has_rested(ports.resting.front()) || ports.rested.empty())) {
        ports.rested.push_back(ports.resting.front().index);
        ports.resting.pop_front();
    }
    if (ports.rested.empty()) return std::nullopt;

    // Nobody outside may be able to tell which port comes next.
    std::uniform_int_distribution<std::size_t> any{0, ports.rested.size() - 1};
    const auto chosen = any(random_);
    std::swap(ports.rested[chosen], ports.rested.back());
    const pair_index index = ports.rested.back();
    ports.rested.pop_back();
    return index;
}

std::optional<port_pool::pair_index> port_pool::take_next(const address_ports& ports, pair_index& cursor) {
    auto index = ports.eligible.find_next(cursor);
    if (index == ports.eligible.npos) index = ports.eligible.find_first();
    if (index == ports.eligible.npos) return std::nullopt;
    cursor = static_cast<pair_index>(index);
    return cursor;
}

/// The other program may have gone since then.
std::optional<port_pool::pair_index> port_pool::take_set_aside(address_ports& ports,
                                                               time_point before) noexcept {
    if (ports.set_aside.empty() || ports.set_aside.front().since >= before) return std::nullopt;
    const auto index = ports.set_aside.front().index;
    ports.set_aside.pop_front();
    return index;
}

/// Controllers may name ever new addresses of this host; those without a port in use or at rest are not kept.
void port_pool::forget_unused(time_point now) {
    boost::unordered::erase_if(addresses_,
                               [&](const auto& entry) { return entry.second.is_forgettable(now, range_); });
}

port_pool::address_ports& port_pool::known_or_new(const boost::asio::ip::address& address, time_point now) {
    if (auto* const known = find_ports(address)) return *known;
    forget_unused(now);
    return addresses_.try_emplace(address, range_.pairs(), excluded_).first->second;
}

void port_pool::exclude(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    if (span().contains(port) && !is_excluded(index_of(port))) excluded_.push_back(index_of(port));
}

bool port_pool::is_excluded(pair_index pair) const noexcept {
    return std::ranges::find(excluded_, pair) != excluded_.end();
}

std::size_t port_pool::known_addresses() const {
    const std::lock_guard lock(mutex_);
    return addresses_.size();
}

std::optional<std::uint16_t> port_pool::take(const boost::asio::ip::address& address, time_point now) {
    const std::lock_guard lock(mutex_);
    address_ports& ports = known_or_new(address, now);
    ports.prepare_return();
    auto index = range_.sequential ? take_next(ports, cursors_[static_cast<std::size_t>(family_of(address))])
                                   : take_random(ports, now);
    if (!index) index = take_set_aside(ports, now - range_.look_again);
    if (!index) return std::nullopt;
    return hand_out(ports, *index);
}

std::optional<std::uint16_t> port_pool::take_set_aside(const boost::asio::ip::address& address,
                                                       time_point now) {
    const std::lock_guard lock(mutex_);
    auto* const ports = find_ports(address);
    if (ports == nullptr) return std::nullopt;
    ports->prepare_return();
    const auto index = take_set_aside(*ports, now);
    if (!index) return std::nullopt;
    return hand_out(*ports, *index);
}

bool port_pool::reserve(const boost::asio::ip::address& address, time_point now) {
    const std::lock_guard lock(mutex_);
    address_ports& ports = known_or_new(address, now);
    if (!ports.has_unreserved()) return false;
    ++ports.reserved;
    return true;
}

void port_pool::unreserve(const boost::asio::ip::address& address) noexcept {
    const std::lock_guard lock(mutex_);
    address_ports& ports = *find_ports(address);
    --ports.reserved;
    forget_if_unused(address, ports);
}

std::uint16_t port_pool::hand_out(address_ports& ports, pair_index index) noexcept {
    ports.free.reset(index);
    ports.eligible.reset(index);
    ++ports.in_use;
    return static_cast<std::uint16_t>(range_.min + 2 * index);
}

// What is given back is known, as it is in use, and has room.

void port_pool::give_back(address_ports& ports, std::uint16_t rtp_port) noexcept {
    assert(!ports.free.test(index_of(rtp_port)));
    ports.free.set(index_of(rtp_port));
    --ports.in_use;
}

void port_pool::release(const boost::asio::ip::address& address, std::uint16_t rtp_port,
                        time_point now) noexcept {
    const std::lock_guard lock(mutex_);
    address_ports& ports = *find_ports(address);
    give_back(ports, rtp_port);
    if (range_.sequential)
        ports.eligible.set(index_of(rtp_port));
    else
        ports.resting.push_back({index_of(rtp_port), now});
}

void port_pool::put_back(const boost::asio::ip::address& address, std::uint16_t rtp_port) noexcept {
    const std::lock_guard lock(mutex_);
    address_ports& ports = *find_ports(address);
    give_back(ports, rtp_port);
    if (range_.sequential)
        ports.eligible.set(index_of(rtp_port));
    else
        ports.rested.push_back(index_of(rtp_port));
    forget_if_unused(address, ports);
}

/// An address that is not on this host must not be remembered for ever.
void port_pool::forget_if_unused(const boost::asio::ip::address& address,
                                 const address_ports& ports) noexcept {
    if (!ports.any_in_use() && ports.reserved == 0 && ports.resting.empty() && ports.set_aside.empty())
        addresses_.erase(address);
}

void port_pool::set_aside(const boost::asio::ip::address& address, std::uint16_t rtp_port,
                          time_point now) noexcept {
    const std::lock_guard lock(mutex_);
    address_ports& ports = *find_ports(address);
    give_back(ports, rtp_port);
    ports.set_aside.push_back({index_of(rtp_port), now});
}

bool port_pool::in_use(const boost::asio::ip::address& address, std::uint16_t port) const {
    const auto found = addresses_.find(address);
    if (found == addresses_.end() || found->second.free.test(index_of(port))) return false;
    return !is_excluded(index_of(port));
}

bool port_pool::is_in_use(const endpoint& destination, bool on_this_host) const {
    const auto port = destination.port();
    if (!span().contains(port)) return false;
    const auto address = destination.address();
    const std::lock_guard lock(mutex_);
    if (in_use(address, port)) return true;
    static const boost::asio::ip::address any_v4 = boost::asio::ip::address_v4::any();
    static const boost::asio::ip::address any_v6 = boost::asio::ip::address_v6::any();
    return on_this_host && in_use(address.is_v6() ? any_v6 : any_v4, port);
}

bool port_pool::has_ports_in_use(const boost::asio::ip::address& address) const {
    const std::lock_guard lock(mutex_);
    const auto known = addresses_.find(address);
    return known != addresses_.end() && known->second.any_in_use();
}

}  // namespace rtpproxy
