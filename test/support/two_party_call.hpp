#pragma once

#include "rtpproxy/media/epoll_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"

#include "support/command_script.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace rtpproxy::test {

/// A phone: a UDP socket on loopback that blocks for a bounded time.
class phone {
  public:
    explicit phone(boost::asio::io_context& context, std::string_view address = "127.0.0.1")
        : socket_(context, make_endpoint(address, 0)) {
        timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    [[nodiscard]] endpoint address() const { return socket_.local_endpoint(); }
    void send(std::span<const std::byte> datagram, const endpoint& to) {
        socket_.send_to(boost::asio::buffer(datagram.data(), datagram.size()), to);
    }
    /// The next datagram; empty, from nobody, when none comes.
    std::vector<std::byte> receive(endpoint& from) {
        std::vector<std::byte> datagram(65536);
        socklen_t size = static_cast<socklen_t>(from.capacity());
        const auto received = TEMP_FAILURE_RETRY(
            ::recvfrom(socket_.native_handle(), datagram.data(), datagram.size(), 0, from.data(), &size));
        datagram.resize(received < 0 ? 0 : static_cast<std::size_t>(received));
        return datagram;
    }
    /// Takes a datagram without looking at it or allocating; whether one came.
    bool receive_any() {
        std::array<std::byte, 2048> datagram;
        return TEMP_FAILURE_RETRY(::recv(socket_.native_handle(), datagram.data(), datagram.size(), 0)) >= 0;
    }

  private:
    boost::asio::ip::udp::socket socket_;
};

struct deaf_observer final : media_observer {
    void on_destinations_outdated(session&) noexcept override { ++outdated; }
    void on_destination_refused(session&, side, component, drop_reason) noexcept override { ++kept_back; }
    void on_address_learned(session&, side, component) noexcept override { ++learned; }
    void on_source_refused(session&, side, component, const endpoint&, drop_reason) noexcept override {
        ++refused;
    }
    int outdated = 0;
    int kept_back = 0;
    int learned = 0;
    int refused = 0;
};

/// A complete session on a real media plane, and the two phones that talk over it.
struct two_party_call {
    explicit two_party_call(const epoll_plane::options& options = {},
                            std::string_view callee_side = "127.0.0.1")
        : plane(context, pool, destinations, statistics, observer, options), callee(context, callee_side) {
        plane.start();
        open(side::callee, make_local(callee_side), callee.address());
        open(side::caller, make_local("127.0.0.1"), caller.address());
    }
    ~two_party_call() {
        for (const side s : both_sides)
            plane.close(call.leg_facing(s).ports);
    }

    void open(side faces, const local_address_ptr& local, const endpoint& party) {
        leg& opened = call.leg_facing(faces);
        const auto pair = plane.open(local, 184, call, faces).value();
        opened.local = local;
        opened.ports = pair.id;
        opened.rtp_port = pair.rtp_port;
        opened.stream(component::rtp).latch.on_signalled(party, steady_clock::now());
    }

    /// Where the party on `s` sends its RTP.
    [[nodiscard]] endpoint port_for(side s) const {
        const leg& facing = call.leg_facing(s);
        return {facing.local->address, facing.rtp_port};
    }

    /// Lets the plane work until nothing is left to do.
    void settle() {
        using namespace std::chrono_literals;
        while (context.run_one_for(20ms) != 0) {
        }
    }

    boost::asio::io_context context{1};
    port_pool pool{{.min = 40000, .max = 49998}};
    media_destinations destinations{pool, open_destinations()};
    relay_statistics statistics;
    deaf_observer observer;
    session call{"call", "tag", inactivity{inactivity::mode::shared, 60, 60, 0}, steady_clock::now()};
    epoll_plane plane;
    phone caller{context};
    phone callee;
};

}  // namespace rtpproxy::test
