#include "rtpproxy/net/local_addresses.hpp"

#include <algorithm>
#include <cassert>
#include <ranges>

namespace rtpproxy {

local_addresses::local_addresses(std::vector<local_address_ptr> configured)
    : all_(std::move(configured)), configured_count_(all_.size()) {
    assert(!all_.empty());
}

local_addresses::local_addresses(local_address_ptr internal, local_address_ptr external,
                                 std::vector<local_address_ptr> others)
    : external_(std::move(external)) {
    all_.push_back(std::move(internal));
    all_.push_back(external_);
    std::ranges::move(others, std::back_inserter(all_));
    configured_count_ = all_.size();
}

const local_address_ptr& local_addresses::facing(interface side) const noexcept {
    return side == interface::external && bridging() ? external_ : default_address();
}

local_address_ptr local_addresses::find_label(std::string_view label) const {
    const auto found = std::ranges::find_if(all_, [=](const auto& a) { return a->label == label; });
    return found == all_.end() || label.empty() ? nullptr : *found;
}

local_address_ptr local_addresses::latest(address_family family) const {
    const auto newest_first = all_ | std::views::reverse;
    const auto found =
        std::ranges::find_if(newest_first, [=](const auto& a) { return a->family() == family; });
    return found == newest_first.end() ? nullptr : *found;
}

local_address_ptr local_addresses::remember(const boost::asio::ip::address& address) {
    const auto found = std::ranges::find_if(all_, [&](const auto& a) { return a->address == address; });
    if (found != all_.end()) return *found;
    auto added = std::make_shared<const local_address>(local_address{address, {}, {}});
    if (all_.size() < configured_count_ + remembered_limit) all_.push_back(added);
    return added;
}

}  // namespace rtpproxy
