#pragma once

#include "rtpproxy/net/endpoint.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Both ends of a command datagram: its reply goes to `peer` and leaves from `local`.
struct datagram_path {
    endpoint peer;
    std::optional<boost::asio::ip::address> local;  ///< of a wildcard socket; others have but one
    unsigned interface = 0;                         ///< index; set where `local` needs it (IPv6 link-local)
};

/// A datagram as it arrived.
struct received_datagram {
    std::string_view octets;
    bool truncated = false;  ///< it was longer than a datagram_reader takes
    datagram_path path;
};

/// A datagram to be sent.
struct reply_datagram {
    std::string octets;
    datagram_path path;
};

/// Makes the kernel tell the local address of each datagram (IP_PKTINFO, RFC 3542 §6.1 IPV6_RECVPKTINFO).
[[nodiscard]] boost::system::error_code enable_packet_info(int socket, bool ipv6) noexcept;

/// Asks for a receive buffer of `octets`, past the system's limit where the privileges allow it.
void enlarge_receive_buffer(int socket, int octets) noexcept;

/// Reads datagrams, several with one system call: where commands come thick, a call for each of them would
/// cost as much as carrying it out does.
class datagram_reader {
  public:
    static constexpr std::size_t most = 16;                ///< datagrams read at once
    static constexpr std::size_t longest_datagram = 8192;  ///< in octets; the rest of a longer one is lost

    datagram_reader();
    ~datagram_reader();

    /// Reads what is there without waiting; `would_block` when there is nothing. What was read before is
    /// forgotten.
    [[nodiscard]] boost::system::error_code read(int socket) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Valid until the next read().
    [[nodiscard]] received_datagram operator[](std::size_t index) const;

  private:
    struct slots;
    std::unique_ptr<slots> slots_;
    std::size_t size_ = 0;
};

/// Sends datagrams without waiting, with one system call if they are no more than datagram_reader::most.
/// @returns how many were sent: all, or those in front of the one that `error` is about, which is
/// `would_block` when the socket's send buffer is full.
[[nodiscard]] std::size_t send_datagrams(int socket, std::span<const reply_datagram> datagrams,
                                         boost::system::error_code& error) noexcept;

}  // namespace rtpproxy
