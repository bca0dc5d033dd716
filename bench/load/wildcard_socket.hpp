#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include "load/call.hpp"
#include "load/test_packet.hpp"

#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtpproxy::bench {

/// A UDP socket on all addresses and one port, which sends from any local address and tells which one a
/// datagram was sent to (IP_PKTINFO) and when the kernel got it (SO_TIMESTAMPNS); both in batches.
class wildcard_socket {
  public:
    static constexpr std::size_t batch_size = 32;

    struct arrival {
        std::span<const std::byte> datagram;  ///< valid until the next receive()
        sockaddr_in source;
        std::uint32_t local;  ///< in host byte order
        bench_clock::time_point at;
    };

    /// Binds a port of the kernel's choice. Throws std::system_error.
    wildcard_socket();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Room for one more packet of the batch, from and to where `from` sends. Not when full().
    [[nodiscard]] packet_buffer& add(const call_end& from) noexcept;
    [[nodiscard]] bool full() const noexcept { return queued_ == batch_size; }
    /// Sends the batch. @returns how many packets the kernel refused.
    std::size_t flush() noexcept;

    /// Up to one batch of datagrams that are there already; never waits.
    [[nodiscard]] std::span<const arrival> receive() noexcept;

    /// Datagrams the kernel dropped because nobody fetched them in time.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

  private:
    struct slot {
        packet_buffer packet;
        sockaddr_in peer;
        iovec area;
        alignas(
            cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(timespec))> control;
    };
    using headers = std::array<mmsghdr, batch_size>;

    static void prepare(headers& messages, std::vector<slot>& slots) noexcept;
    static void read_control(msghdr& message, arrival& to) noexcept;

    unique_fd socket_;
    std::uint16_t port_ = 0;
    std::size_t queued_ = 0;
    headers out_{};
    headers in_{};
    std::vector<slot> out_slots_;
    std::vector<slot> in_slots_;
    std::array<arrival, batch_size> arrivals_{};
};

}  // namespace rtpproxy::bench
