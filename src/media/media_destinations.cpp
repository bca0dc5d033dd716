#include "rtpproxy/media/media_destinations.hpp"

#include "rtpproxy/net/address_scope.hpp"

#include <algorithm>
#include <utility>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;
using verdict = media_destinations::verdict;

constexpr std::uint16_t first_unprivileged_port = 1024;

verdict forbid(std::string_view reason) noexcept {
    return {destination_kind::forbidden, reason};
}

bool is_one_host(const ip::address& host) {
    return !host.is_unspecified() && !host.is_multicast() && host != ip::address_v4::broadcast();
}

}  // namespace

media_destinations::media_destinations(const port_pool& pool, settings chosen)
    : pool_(pool), settings_(std::move(chosen)) {}

network_list media_destinations::usually_denied() {
    return *network_list::parse("0.0.0.0/8,169.254.169.254,240.0.0.0/4,fd00:ec2::254");
}

media_destinations::verdict media_destinations::judge(const endpoint& destination) const {
    const auto host = plain(destination.address());
    const auto port = destination.port();
    // 1. What nothing permits.
    if (port == 0) return forbid("port 0");
    if (!is_one_host(host)) return forbid("not the address of one host");
    const bool here = is_this_host(host);
    if (is_guarded({host, port}, here)) return forbid("a control socket of this program");
    // 2. What the operator does not want.
    if (is_denied(host)) return forbid("in a network that is denied (media_deny)");
    // 3. This host.
    if (pool_.is_in_use({without_mapping(destination.address()), port}, here))
        return {destination_kind::ours};
    return here ? judge_neighbour(port) : verdict{};
}

verdict media_destinations::judge_neighbour(std::uint16_t port) const {
    if (port < first_unprivileged_port) return forbid("a port below 1024 of this host");
    switch (settings_.to_this_host) {
        case host_media::any:
            return {};
        case host_media::media:
            return {destination_kind::neighbour};
        case host_media::none:
            break;
    }
    return forbid("another program of this host (host_media)");
}

bool media_destinations::is_denied(const ip::address& host) const {
    return settings_.denied.contains(host) && !settings_.allowed.contains(host);
}

bool media_destinations::is_guarded(const endpoint& destination, bool on_this_host) const {
    if (!on_this_host &&
        std::ranges::find(settings_.advertised, destination.address()) == settings_.advertised.end())
        return false;
    const std::lock_guard lock(mutex_);
    return std::ranges::find(guarded_, destination.port()) != guarded_.end();
}

bool media_destinations::is_this_host(const ip::address& address) const {
    const auto host = plain(address);
    if (host.is_loopback()) return true;
    const std::lock_guard lock(mutex_);
    return ask_ ? ask_(host) : std::ranges::binary_search(addresses_, host);
}

port_span media_destinations::ports_on(const ip::address& host) const {
    if (!is_this_host(host) && !pool_.has_ports_in_use(without_mapping(host))) return {};
    return pool_.span();
}

void media_destinations::guard_port(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    guarded_.push_back(port);
    begin_generation();
}

void media_destinations::set_host_addresses(const std::vector<ip::address>& addresses) {
    std::vector<ip::address> sorted;
    std::ranges::transform(addresses, std::back_inserter(sorted), plain);
    std::ranges::sort(sorted);
    const std::lock_guard lock(mutex_);
    ask_ = nullptr;
    addresses_ = std::move(sorted);
    begin_generation();
}

void media_destinations::ask_for_host_addresses(host_question is_of_this_host) {
    const std::lock_guard lock(mutex_);
    ask_ = std::move(is_of_this_host);
    begin_generation();
}

/// With the lock held, after what has changed: who sees the new number finds the new state.
void media_destinations::begin_generation() noexcept {
    const auto next = generation_.load(std::memory_order_relaxed) + 1;
    generation_.store(next == 0 ? 1 : next, std::memory_order_release);
}

}  // namespace rtpproxy
