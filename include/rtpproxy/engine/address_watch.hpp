#pragma once

#include "rtpproxy/engine/interface_addresses.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace rtpproxy {

/// Knows the addresses of this host at every moment: asks the kernel for a list and then hears of every
/// change on the same socket (rtnetlink(7)), which the sandbox would not let it open. On the control strand.
class address_watch {
  public:
    /// Receives all addresses, each once, ascending. Must not stop the watch.
    using addresses_handler = std::function<void(const std::vector<boost::asio::ip::address>&)>;

    /// Opens the socket: before the sandbox. Where that fails start() tells.
    explicit address_watch(boost::asio::io_context& control);
    address_watch(const address_watch&) = delete;
    address_watch& operator=(const address_watch&) = delete;

    /// Reads the list and tells `on_addresses`, and again whenever it has changed. Errors: what the kernel
    /// said to the socket or the question, `protocol_error` when it began a list and did not end it; nothing
    /// is told then, nor later.
    [[nodiscard]] boost::system::error_code start(addresses_handler on_addresses);
    void stop();

  private:
    boost::system::error_code read_first_list();
    boost::system::error_code ask_for_list();
    boost::system::error_code receive();
    void take(const address_message& message);
    void on_loss();
    void await_messages();
    void on_readable();
    void ask_again_if_needed();
    void ask_again_after(duration pause);
    void tell_if_changed();

    boost::system::error_code fault_;  // of opening the socket, later of the latest list
    unique_fd opened_;                 // until start()
    boost::asio::posix::stream_descriptor socket_;
    boost::asio::basic_waitable_timer<steady_clock> retry_;
    addresses_handler on_addresses_;
    interface_addresses known_;
    std::vector<boost::asio::ip::address> told_;
    std::vector<std::byte> buffer_;
    std::uint32_t sequence_ = 0;
    bool waiting_ = false;      // for messages
    bool list_needed_ = false;  // something was missed
    bool retrying_ = false;     // a new list will be asked for
};

}  // namespace rtpproxy
