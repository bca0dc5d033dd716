#pragma once

#include <stop_token>
#include <thread>

namespace rtpproxy {

/// Carries octets between standard input and output and one end of a SOCK_SEQPACKET pair, on a thread of its
/// own.
///
/// Input and output may be pipes, terminals, sockets, regular files or devices. Not all of these work with
/// epoll, and their flags are shared with other processes and so must not be changed: hence a thread that
/// polls. Each packet from the pair is one write to the output.
class stdio_pump {
  public:
    /// Largest packet put into the pair, in octets.
    static constexpr int max_packet_octets = 4096;

    /// Takes ownership of `pair_end` only.
    stdio_pump(int stdin_fd, int stdout_fd, int pair_end);
    stdio_pump(const stdio_pump&) = delete;
    stdio_pump& operator=(const stdio_pump&) = delete;

    /// Waits until what was written to the pair has been passed on, up to about a second when the output is
    /// stuck. The other end of the pair must be closed before.
    ~stdio_pump();

  private:
    int pair_end_;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace rtpproxy
