#include "rtpproxy/media/asked_addresses.hpp"

namespace rtpproxy {
namespace {

constexpr component neighbour_of(component which) noexcept {
    return which == component::rtp ? component::rtcp : component::rtp;
}

}  // namespace

// A party that is signalled anew may go on at its former place: that says nothing about the new one, which
// may be another's in another network.
void asked_addresses::on_accepted(component which, const datagram_origin& origin,
                                  const address_latch& latch) noexcept {
    if (!origin.sent_to.is_known()) return;
    const endpoint* const former = latch.former();
    const endpoint* const remote = latch.remote();
    const bool is_where_it_was = former != nullptr && same_endpoint(*former, origin.source);
    const bool is_for_remote = remote != nullptr && !is_where_it_was;
    ports_[static_cast<std::size_t>(which)] = {origin.sent_to, origin.source,
                                               is_for_remote ? *remote : origin.source};
}

const own_address* asked_addresses::on_port(component which, const endpoint& destination) const noexcept {
    const auto& known = known_on(which);
    return known && known->concerns(destination) ? &known->address : nullptr;
}

const own_address* asked_addresses::towards(component which, const endpoint& destination) const noexcept {
    const own_address* const same_port = on_port(which, destination);
    return same_port != nullptr ? same_port : on_port(neighbour_of(which), destination);
}

const own_address* asked_addresses::towards_unheard(component which, const endpoint& destination,
                                                    const asked_addresses& others,
                                                    local_address_finder find_local_address) {
    const auto& same_port = others.known_on(which);
    const auto& example = same_port ? same_port : others.known_on(neighbour_of(which));
    if (!example || example->by.protocol() != destination.protocol()) return nullptr;
    if (!same_host(compared_.asking, example->by) || !same_host(compared_.destination, destination)) {
        const auto one = find_local_address(example->by.address());
        const auto two = find_local_address(destination.address());
        compared_ = {example->by, destination, one && two && *one == *two};
    }
    return compared_.alike ? &example->address : nullptr;
}

void asked_addresses::forget(const own_address& gone) noexcept {
    const auto copy = gone;  // it may be one of these
    for (auto& each : ports_)
        if (each && each->address == copy) each.reset();
}

}  // namespace rtpproxy
