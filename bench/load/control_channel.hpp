#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy::bench {

/// A UDP socket to a relay's control port; commands and replies are matched by cookie.
class control_channel {
  public:
    /// Throws std::system_error.
    explicit control_channel(const sockaddr_in& server);

    struct reply {
        std::uint64_t cookie;
        std::string_view text;  ///< valid until the next receive()
    };

    /// Another cookie each time; no two channels ever use the same.
    [[nodiscard]] std::uint64_t next_cookie() noexcept { return next_cookie_++; }
    /// Sends `command` under `cookie`; the kernel refusing it is a loss like any other.
    void send(std::uint64_t cookie, std::string_view command);
    /// The next reply, if one is there; never waits.
    [[nodiscard]] std::optional<reply> receive();

  private:
    unique_fd socket_;
    std::string prefix_;
    std::string datagram_;
    std::vector<char> buffer_;
    std::uint64_t next_cookie_ = 1;
};

}  // namespace rtpproxy::bench
