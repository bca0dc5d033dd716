#include "rtpproxy/capture/adhoc_format.hpp"

#include "octets.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <limits>

namespace rtpproxy {
namespace {

constexpr std::size_t longest_address = 16;

template <typename Octets>
void append_address(std::vector<std::byte>& to, const Octets& address) {
    const auto begin = reinterpret_cast<const std::byte*>(address.data());
    to.insert(to.end(), begin, begin + address.size());
    to.resize(to.size() + longest_address - address.size());
}

}  // namespace

void append_adhoc_packet(std::vector<std::byte>& file, const captured_packet& packet) {
    const auto address = packet.source.address();
    append_native(file, static_cast<std::uint16_t>(address.is_v6() ? AF_INET6 : AF_INET));
    append_big(file, packet.source.port());
    if (address.is_v6())
        append_address(file, address.to_v6().to_bytes());
    else
        append_address(file, address.to_v4().to_bytes());
    append_native(file, std::chrono::duration<double>{packet.when.time_since_epoch()}.count());
    constexpr std::size_t longest = std::numeric_limits<std::uint16_t>::max();
    const auto payload = packet.payload.first(std::min(packet.payload.size(), longest));
    append_native(file, static_cast<std::uint16_t>(payload.size()));
    file.insert(file.end(), payload.begin(), payload.end());
}

}  // namespace rtpproxy
