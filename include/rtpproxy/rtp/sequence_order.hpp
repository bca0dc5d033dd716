#pragma once

#include "rtpproxy/rtp/rtp_header.hpp"

#include <cstdint>
#include <optional>

namespace rtpproxy {

/// Puts the packets of one port into the order in which they were sent: gives each a place that does not
/// wrap.
///
/// Sequence numbers decide (RFC 3550 §5.1). A new SSRC, and a jump of the numbers that loss and reordering do
/// not explain (RFC 3550 A.1), continue after everything that came before, without a hole. Pure.
class sequence_order {
  public:
    /// The place of the packet with this header; below that of an earlier packet when it was overtaken. Empty
    /// for a straggler of the SSRC before the current one.
    [[nodiscard]] std::optional<std::int64_t> place(const rtp_header& header) noexcept;

    /// A place after everything that came before, for a packet whose number does not matter.
    [[nodiscard]] std::int64_t next_place() noexcept { return ++last_place_; }

    /// The next packet begins anew, whatever its number.
    void forget() noexcept { current_ = previous_ = {}; }

  private:
    struct position {
        std::uint32_t ssrc = 0;
        std::uint32_t timestamp = 0;
        std::uint16_t highest = 0;  ///< sequence number
        std::int64_t place = 0;     ///< of the packet with that number
    };
    [[nodiscard]] static bool continues(const position& from, const rtp_header& header) noexcept;
    std::int64_t begin(const rtp_header& header) noexcept;

    std::optional<position> current_;
    std::optional<position> previous_;  ///< of the SSRC before
    std::int64_t last_place_ = -1;      ///< the highest given so far
};

}  // namespace rtpproxy
