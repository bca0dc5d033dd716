#pragma once

#include "support/blocking_socket.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <filesystem>
#include <string>

namespace rtpproxy::test {

/// Of getsockname() or getpeername(); a default-made one if it is not that of a TCP socket.
inline boost::asio::ip::tcp::endpoint name_of(int socket, int (*get_name)(int, sockaddr*, socklen_t*)) {
    boost::asio::ip::tcp::endpoint found;
    auto size = static_cast<socklen_t>(found.capacity());
    if (get_name(socket, found.data(), &size) != 0 || size > found.capacity()) return {};
    return found;
}

/// The descriptor at the other end of a TCP connection that this process has both ends of; -1 if it has not.
inline int other_end_of(const blocking_socket& connection) {
    const auto wanted = name_of(connection.fd(), ::getsockname);
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int descriptor = std::stoi(each.path().filename().string());
        if (descriptor != connection.fd() && name_of(descriptor, ::getpeername) == wanted) return descriptor;
    }
    return -1;
}

inline int option_of(int socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket, level, name, &value, &size);
    return value;
}

/// That a peer which has gone without a word is noticed within two minutes.
inline void check_that_kernel_looks_after_peer(int connection) {
    BOOST_TEST_REQUIRE(connection >= 0);
    BOOST_TEST(option_of(connection, SOL_SOCKET, SO_KEEPALIVE) == 1);
    BOOST_TEST(option_of(connection, IPPROTO_TCP, TCP_KEEPIDLE) == 60);
    BOOST_TEST(option_of(connection, IPPROTO_TCP, TCP_KEEPINTVL) == 10);
    BOOST_TEST(option_of(connection, IPPROTO_TCP, TCP_KEEPCNT) == 6);
    BOOST_TEST(option_of(connection, IPPROTO_TCP, TCP_USER_TIMEOUT) == 120'000);
}

}  // namespace rtpproxy::test
