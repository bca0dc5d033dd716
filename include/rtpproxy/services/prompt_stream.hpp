#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/services/prompt.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rtpproxy {

/// What an RTP stream begins with; at random (RFC 3550 §5.1).
struct rtp_origin {
    std::uint32_t ssrc = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t sequence_number = 0;
};

/// How a prompt is cut into packets and repeated.
struct play_order {
    /// Of media in a packet, rounded up to whole frames; one frame where they cannot be joined.
    std::chrono::milliseconds packet_length{10};
    int count = 1;  ///< how many times; negative: for ever
};

/// The RTP packets of a prompt, one after the other, and when each is due.
///
/// A rest of the prompt that fills no packet is left out; the numbers go on from one pass to the next. Pure:
/// no clock, no socket.
class prompt_stream {
  public:
    static constexpr std::size_t header_octets = 12;
    static constexpr std::chrono::milliseconds longest_packet{1000};
    /// Enough for any packet; no format has more than 8 octets a millisecond.
    static constexpr std::size_t largest_packet = header_octets + 8 * longest_packet.count();

    /// An even timestamp is made of an odd one of `origin`.
    prompt_stream(prompt_ptr what, const play_order& order, const rtp_origin& origin) noexcept;

    /// No packet is left. True from the start when the prompt does not fill one.
    [[nodiscard]] bool finished() const noexcept { return passes_left_ == 0; }
    /// When the next packet is due, counted from when the first is.
    [[nodiscard]] duration due() const noexcept { return packets_made_ * packet_duration_; }

    /// Makes the next packet. Not when finished().
    /// @returns the packet, within `buffer`.
    [[nodiscard]] std::span<const std::byte> next_packet(
        std::span<std::byte, largest_packet> buffer) noexcept;

  private:
    void write_header(std::byte* at) const noexcept;
    void step() noexcept;

    prompt_ptr prompt_;
    std::size_t payload_octets_;  // of a packet
    std::chrono::milliseconds packet_duration_;
    std::uint32_t packet_ticks_;
    std::size_t position_ = 0;
    std::int64_t packets_made_ = 0;
    int passes_left_;
    rtp_origin next_;
};

}  // namespace rtpproxy
