#pragma once

#include "rtpproxy/media/datagram_origin.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/packet_info.hpp"
#include "rtpproxy/session/address_latch.hpp"
#include "rtpproxy/session/component.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace rtpproxy {

/// The address this host would send from; empty when there is no route.
using local_address_finder = std::optional<boost::asio::ip::address> (*)(const boost::asio::ip::address&);

/// Which address of this host the party at a pair of ports on a wildcard sends to. It has to hear from the
/// same one: its NAT lets nothing else in, and many a phone compares (RFC 4961, symmetric RTP).
///
/// Pure, but for what it is given. Belongs to the shard of the ports' session.
class asked_addresses {
  public:
    /// A packet of the party was accepted that `origin` tells of. `latch` is that of the port, which has seen
    /// the packet.
    void on_accepted(component which, const datagram_origin& origin, const address_latch& latch) noexcept;

    /// Where a packet to `destination` has to leave from: as the party asks it on that port, or else on the
    /// other one. Null where the kernel may choose: `destination` is a host that was not heard, nor is it
    /// where the party receives that was. Valid until the next call of another function.
    [[nodiscard]] const own_address* towards(component which, const endpoint& destination) const noexcept;

    /// The same for a destination that towards() knows nothing of: the address that the other party asks,
    /// whose ports `others` are about, as both were told of the same one by their SIP server. But only where
    /// the kernel itself would send to both from the same address: else they are in different networks.
    /// `find_local_address` asks it, once for the same two hosts.
    [[nodiscard]] const own_address* towards_unheard(component which, const endpoint& destination,
                                                     const asked_addresses& others,
                                                     local_address_finder find_local_address);

    /// This host does not have `gone` any more.
    void forget(const own_address& gone) noexcept;

  private:
    struct asked {
        own_address address;
        endpoint by;
        endpoint on_behalf_of;  // where the party received then; as `by` unless it receives on another host

        [[nodiscard]] bool concerns(const endpoint& destination) const noexcept {
            return same_host(by, destination) || same_host(on_behalf_of, destination);
        }
    };

    struct compared {  // two hosts, and whether they are sent to from the same address
        endpoint asking;
        endpoint destination;
        bool alike = false;
    };

    [[nodiscard]] const std::optional<asked>& known_on(component which) const noexcept {
        return ports_[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] const own_address* on_port(component which, const endpoint& destination) const noexcept;

    std::array<std::optional<asked>, 2> ports_;  // RTP, RTCP
    compared compared_;
};

}  // namespace rtpproxy
