#pragma once

#include "load/arrival_order.hpp"
#include "load/call.hpp"
#include "load/media_result.hpp"
#include "load/wildcard_socket.hpp"

#include <optional>
#include <vector>

namespace rtpproxy::bench {

/// A stream is what one party of a call sends; numbered from 0.
[[nodiscard]] constexpr std::uint32_t stream_of(std::size_t call_number, party sender) noexcept {
    return static_cast<std::uint32_t>(call_number * 2 + static_cast<std::size_t>(sender));
}

/// Judges every packet that arrives: its octets, its order, the leg and the port it came from.
class media_check {
  public:
    /// `calls` must outlive the check.
    explicit media_check(const std::vector<call>& calls) : calls_(calls), order_(calls.size() * 2) {}

    /// Counts the arrival in `result`. Packets of other phases than `phase` are passed over.
    /// @returns the stream of a packet that counted as received.
    std::optional<std::uint32_t> take(const wildcard_socket::arrival& arrival, std::uint32_t phase,
                                      media_result& result) noexcept;

  private:
    const std::vector<call>& calls_;
    std::vector<arrival_order> order_;
};

}  // namespace rtpproxy::bench
