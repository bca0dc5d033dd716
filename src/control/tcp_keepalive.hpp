#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>

namespace rtpproxy {

/// How long a TCP peer may be gone (its host is down, a firewall has forgotten the connection) before the
/// connection ends with an error: `silence` without a sign of it, then `probes` questions `interval` apart.
/// What was sent to it may stay unacknowledged for as long as all of that takes.
struct keepalive_times {
    std::chrono::seconds silence{60};
    std::chrono::seconds interval{10};
    int probes = 6;

    [[nodiscard]] constexpr std::chrono::seconds all() const { return silence + probes * interval; }
};

/// Has the kernel look after the peer of a TCP connection (RFC 1122 §4.2.3.6, RFC 5482), which costs an idle
/// connection a packet a minute. Where the kernel does not take an option, the connection stays as it was.
void keep_alive(boost::asio::generic::stream_protocol::socket& connection, const keepalive_times& times = {});

}  // namespace rtpproxy
