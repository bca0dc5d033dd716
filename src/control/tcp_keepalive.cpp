#include "tcp_keepalive.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace rtpproxy {
namespace {

void set_option(int socket, int level, int name, int value) {
    static_cast<void>(::setsockopt(socket, level, name, &value, sizeof value) == 0);
}

}  // namespace

void keep_alive(boost::asio::generic::stream_protocol::socket& connection, const keepalive_times& times) {
    const int socket = connection.native_handle();
    const std::chrono::milliseconds unacknowledged = times.all();
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(times.silence.count()));
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(times.interval.count()));
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, times.probes);
    set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(unacknowledged.count()));
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
}

}  // namespace rtpproxy
