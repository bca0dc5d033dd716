#include "rtpproxy/session/signalled_latch.hpp"

namespace rtpproxy {

bool signalled_latch::on_signalled(const endpoint& address) noexcept {
    if (known_ && same_endpoint(remote_, address)) return false;
    remote_ = address;
    known_ = true;
    return true;
}

latch_outcome signalled_latch::on_packet(const arrival& packet) const noexcept {
    if (!known_) return {};
    return {.accepted =
                asymmetric_ ? same_host(packet.source, remote_) : same_endpoint(packet.source, remote_)};
}

}  // namespace rtpproxy
