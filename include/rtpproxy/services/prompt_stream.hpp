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
/// A rest of the prompt that fills no packet is left out; the numbers go on from one pass to the next, and
/// from one payload type to the next. Pure: no clock, no socket.
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
    [[nodiscard]] duration due() const noexcept { return due_; }
    /// Of the next packet.
    [[nodiscard]] const frame_format& format() const noexcept { return prompt_->format; }

    /// Makes the next packet. Not when finished().
    /// @returns the packet, within `buffer`.
    [[nodiscard]] std::span<const std::byte> next_packet(
        std::span<std::byte, largest_packet> buffer) noexcept;

    /// The time of the next packet passes without it: it takes no sequence number, and the one after it has
    /// the marker (RFC 3551 §4.1). Not when finished().
    void skip_packet() noexcept;

    /// From the next packet on plays `what`, the same prompt in another format, from the place it has come
    /// to, rounded down to a whole frame; the passes that are left are as many as before. SSRC, sequence
    /// numbers and timestamps go on, and so does due(); the first packet has the marker. After a change of
    /// the clock rate the timestamp has gone on by the time of a packet in the new rate (RFC 7160 §4).
    /// finished() when `what` does not fill a packet, and when it is shorter and was in its last pass.
    void go_on_in(prompt_ptr what, std::chrono::milliseconds packet_length) noexcept;

  private:
    void set_prompt(prompt_ptr what, std::chrono::milliseconds packet_length) noexcept;
    void write_header(std::byte* at) const noexcept;
    void step() noexcept;
    void end_pass_unless_packet_left() noexcept;

    prompt_ptr prompt_;
    std::size_t payload_octets_ = 0;  // of a packet
    std::chrono::milliseconds packet_duration_{};
    std::uint32_t packet_ticks_ = 0;
    std::size_t position_ = 0;
    duration due_{};
    bool marker_is_due_ = true;
    int passes_left_;
    rtp_origin next_;
};

}  // namespace rtpproxy
