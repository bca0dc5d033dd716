#pragma once

#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/control/command_gate.hpp"
#include "rtpproxy/control/reply_cache.hpp"
#include "rtpproxy/net/network_list.hpp"
#include "rtpproxy/strands/handler_memory.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include "datagram_io.hpp"

#include <boost/asio/ip/udp.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Commands in datagrams, each with a cookie that its reply repeats. Retransmitted commands are answered from
/// a reply_cache. Handlers keep it alive. On the control strand.
class udp_listener : public std::enable_shared_from_this<udp_listener> {
  public:
    struct settings {
        std::string name;      ///< for the log
        network_list allowed;  ///< who may send commands; empty: everybody
        std::shared_ptr<command_gate> gate;
    };

    /// `socket` is bound and non-blocking; bound to a wildcard address it delivers packet information.
    udp_listener(boost::asio::ip::udp::socket socket, command_executor& commands, settings chosen);

    void start();
    void stop();
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  private:
    /// Who waits for a reply, and how the reply will be known to it.
    class waiting_peer;

    /// When a reply is sent, with those that wait already.
    enum class sending : std::uint8_t {
        soon,             ///< once the handlers have run that are ready now
        with_later_ones,  ///< other commands that were read together with its own come next
        at_once,          ///< it answers the last of them: what else its command has to do can wait
    };

    void wait_for_datagrams() noexcept;
    void receive() noexcept;
    boost::system::error_code read_batch() noexcept;
    void take(const received_datagram& datagram, time_point now) noexcept;
    void on_datagram(const received_datagram& datagram, time_point now);
    [[nodiscard]] bool is_admitted(const endpoint& peer, time_point now);
    void let_wait(const received_datagram& datagram);
    void serve(std::string_view octets, bool truncated, const datagram_path& path, time_point now,
               command_gate::pass entered);
    void begin(std::string_view text, const datagram_path& path, std::string_view cookie,
               reply_cache::ticket ticket, command_gate::pass entered);
    void on_reply(const waiting_peer& to, std::string_view reply) noexcept;
    void refuse(const received_datagram& datagram) noexcept;
    void answer(std::string_view cookie, std::string_view reply, const datagram_path& path) noexcept;
    void send_soon() noexcept;
    void send_replies() noexcept;
    void send(std::span<const reply_datagram> unsent);
    void keep_for_later(const reply_datagram& unsent);
    void wait_for_room() noexcept;
    void send_backlog() noexcept;
    void note(control_incident incident, const endpoint& peer) noexcept;
    void note_lost_reply(const boost::system::error_code& cause) noexcept;

    boost::asio::ip::udp::socket socket_;
    command_executor& commands_;
    settings settings_;
    strand_timer pause_;
    const handler_memory next_read_;
    const handler_memory next_write_;
    const handler_memory next_sending_;
    std::optional<boost::asio::ip::address> address_;  // empty: on every one, each datagram tells which
    std::uint16_t port_;
    reply_cache cache_;
    datagram_reader received_;
    // Replies to be sent together: those to what was read together, or made before others had their turn.
    std::array<reply_datagram, datagram_reader::most> replies_;
    std::size_t reply_count_ = 0;
    sending replies_leave_ = sending::soon;
    bool sending_soon_ = false;           // a handler that sends is posted
    std::deque<reply_datagram> backlog_;  // replies the full send buffer would not take
    int direct_left_ = 0;                 // commands until the others of this wake-up have to wait
    bool running_ = false;
};

}  // namespace rtpproxy
