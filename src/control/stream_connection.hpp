#pragma once

#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/control/command_gate.hpp"
#include "rtpproxy/control/control_peer.hpp"
#include "rtpproxy/control/line_buffer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace rtpproxy {

using stream_socket = boost::asio::generic::stream_protocol::socket;

/// One connection of a stream transport. Commands are carried out in order, one at a time; while one is in
/// progress or its reply is being written nothing is read, so a client that does not read its replies costs
/// no memory.
///
/// On the control strand; the coroutines keep it alive.
class stream_connection final : public command_sender,
                                public std::enable_shared_from_this<stream_connection> {
  public:
    /// `peer` is who shares the program's time, `origin` what commands depend on. After `idle_limit` in which
    /// the peer sends nothing and takes nothing that is there for it, the connection ends; 0: never.
    stream_connection(stream_socket socket, command_executor& commands, std::shared_ptr<command_gate> gate,
                      const control_peer& peer, command_origin origin,
                      std::chrono::milliseconds idle_limit = {});

    [[nodiscard]] const control_peer& peer() const noexcept { return peer_; }
    /// Whether it ended since the peer was idle for too long.
    [[nodiscard]] bool ended_idle() const noexcept { return ended_idle_; }

    /// Serves one command a line until the end of input, an error, or a line longer than
    /// `max_command_octets`. What arrived before the end is carried out first; a last line without newline is
    /// dropped.
    static boost::asio::awaitable<void> serve_lines(std::shared_ptr<stream_connection> self);

    /// Serves one command, whatever a single read gives: newlines in it are white space, none is needed.
    static boost::asio::awaitable<void> serve_once(std::shared_ptr<stream_connection> self);

    void on_waiting() noexcept override { entered_.leave(); }
    void on_reply(std::string reply) noexcept override;
    /// Ends the connection: that says the same, and at once.
    void on_silence(std::string reply) noexcept override;

    /// Ends the connection: at once when it is idle, else when the reply is written, after one second at the
    /// latest.
    void stop();

  private:
    boost::asio::awaitable<std::size_t> read_some();
    boost::asio::awaitable<void> answer_lines();
    boost::asio::awaitable<void> answer(std::string text);
    boost::asio::awaitable<void> keep_to_rate();
    boost::asio::awaitable<std::string> execute(std::string text);
    void begin(std::string text) noexcept;
    boost::asio::awaitable<void> write(std::string text);
    void watch_peer();
    static boost::asio::awaitable<void> close_after_grace(std::shared_ptr<stream_connection> self);
    void finish();

    stream_socket socket_;
    boost::asio::steady_timer grace_;
    boost::asio::steady_timer pace_;
    boost::asio::steady_timer idle_;
    boost::asio::steady_timer replied_;  // is cancelled when the reply is there
    command_executor& commands_;
    std::shared_ptr<command_gate> gate_;
    control_peer peer_;
    command_origin origin_;
    std::chrono::milliseconds idle_limit_;
    bool ended_idle_ = false;
    line_buffer lines_;
    command_gate::pass entered_;  // of the command in progress
    std::string reply_;           // likewise
    bool reading_ = false;
    bool writable_ = true;
    bool stopping_ = false;
    bool silent_ = false;  // the command in progress is not answered
    std::array<char, 8192> input_;
};

}  // namespace rtpproxy
