#include "octet_stream.hpp"

#include <algorithm>

namespace rtpproxy {

void octet_stream::fill(std::size_t count) {
    if (buffer_.size() < count) buffer_.resize(count);
    while (ahead_ < count) {
        const auto wanted = std::span{buffer_}.subspan(ahead_, count - ahead_);
        const auto got = source_(wanted);
        if (got == 0) return;
        ahead_ += got;
    }
}

std::span<const std::byte> octet_stream::peek(std::size_t count) {
    fill(count);
    return std::span{buffer_}.first(std::min(count, ahead_));
}

std::span<const std::byte> octet_stream::read(std::size_t count) {
    const auto octets = peek(count);
    offset_ += octets.size();
    ahead_ = 0;  // whoever peeks, reads at least as much
    return octets;
}

}  // namespace rtpproxy
