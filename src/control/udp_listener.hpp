#pragma once

#include "rtpproxy/control/allowed_networks.hpp"
#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/control/command_gate.hpp"
#include "rtpproxy/control/reply_cache.hpp"

#include "datagram_io.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Commands in datagrams, each with a cookie that its reply repeats. Retransmitted commands are answered from
/// a reply_cache. Handlers keep it alive. On the control strand.
class udp_listener : public std::enable_shared_from_this<udp_listener> {
  public:
    struct settings {
        std::string name;          ///< for the log
        allowed_networks allowed;  ///< who may send commands; empty: everybody
        std::shared_ptr<command_gate> gate;
    };

    /// `socket` is bound and non-blocking; bound to a wildcard address it delivers packet information.
    udp_listener(boost::asio::ip::udp::socket socket, command_executor& commands, settings chosen);

    void start();
    void stop();
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  private:
    /// Who waits for a reply, and how the reply will be known to it.
    struct waiting_peer {
        datagram_path path;
        std::string cookie;  ///< empty: a datagram without one, whose reply is not remembered
        reply_cache::ticket ticket = 0;
    };
    struct reply_datagram {
        std::string octets;
        datagram_path path;
    };

    static boost::asio::awaitable<void> receive(std::shared_ptr<udp_listener> self);
    static boost::asio::awaitable<void> send_backlog(std::shared_ptr<udp_listener> self);
    boost::system::error_code read_batch();
    void on_datagram(const received_datagram& datagram, time_point now);
    [[nodiscard]] bool is_admitted(const endpoint& peer, time_point now);
    void let_wait(const received_datagram& datagram);
    void serve(std::string_view octets, bool truncated, const datagram_path& path, time_point now);
    void on_command(waiting_peer from, std::string_view text);
    void on_reply(const waiting_peer& to, std::string_view reply);
    void answer(std::string_view cookie, std::string_view reply, const datagram_path& path);
    void send(std::string octets, const datagram_path& path);
    void note(control_incident incident, const endpoint& peer);
    void note_lost_reply(const boost::system::error_code& cause);

    boost::asio::ip::udp::socket socket_;
    boost::asio::steady_timer pause_;
    command_executor& commands_;
    settings settings_;
    std::optional<boost::asio::ip::address> address_;  // empty: on every one, each datagram tells which
    std::uint16_t port_;
    reply_cache cache_;
    std::deque<reply_datagram> backlog_;  // replies the full send buffer would not take
    int direct_left_ = 0;                 // commands until the others of this wake-up have to wait
    bool running_ = false;
    std::array<char, 8192> buffer_;
};

}  // namespace rtpproxy
