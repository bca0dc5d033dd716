#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <netinet/in.h>

namespace rtpproxy::bench {

/// A UDP port on loopback that takes everything and keeps nothing: the kernel throws datagrams away before
/// they are queued.
class packet_sink {
  public:
    /// Throws std::system_error.
    packet_sink();

    [[nodiscard]] const sockaddr_in& address() const noexcept { return address_; }

  private:
    unique_fd socket_;
    sockaddr_in address_{};
};

}  // namespace rtpproxy::bench
