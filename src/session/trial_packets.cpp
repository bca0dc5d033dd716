#include "rtpproxy/session/trial_packets.hpp"

#include <algorithm>
#include <new>

namespace rtpproxy {

std::size_t trial_packets::keep(const endpoint& source, std::span<const std::byte> datagram,
                                const moment& when) noexcept {
    if (datagram.size() > greatest_size) return 1;
    std::size_t given_up = 0;
    if (packets_.size() == most) {
        const auto of_another = std::ranges::find_if(
            packets_, [&](const kept& each) { return !same_endpoint(each.source, source); });
        packets_.erase(of_another == packets_.end() ? packets_.begin() : of_another);
        given_up = 1;
    }
    try {
        packets_.reserve(most);
        packets_.push_back({source, when, {datagram.begin(), datagram.end()}});
    } catch (const std::bad_alloc&) {
        ++given_up;
    }
    return given_up;
}

std::size_t trial_packets::leave_only(const endpoint& passed, time_point now) noexcept {
    return std::erase_if(packets_, [&](const kept& each) {
        return !same_endpoint(each.source, passed) || now - each.when.now > oldest;
    });
}

}  // namespace rtpproxy
