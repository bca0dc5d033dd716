#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/audio_frames.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/rtp/sequence_order.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace rtpproxy {

/// Re-frames the RTP a party sends: makes packets of a chosen length out of PCMU, PCMA, G.722, GSM, G.723 and
/// G.729 audio, by joining packets and by splitting them between frames.
///
/// All packets of the stream go through it, and leave in the order of their sequence numbers under numbers of
/// its own, each one more than the last: so the receiver sees one stream. Packets of other types (events, RFC
/// 4733; comfort noise) and with payloads that are no whole frames keep everything but their number; they, a
/// gap in the timestamps, another SSRC or another payload type end the packet being filled. A joined packet
/// has the header of its first part, without padding.
///
/// Nothing waits long. A packet being filled goes when the missing audio has not come after twice its length,
/// in whole frames (40 ms at least), one behind a missing number after `patience`. What comes later than that
/// is discarded, as are duplicates.
///
/// After each change take out next() until it is empty, and again at next_due(). Pure, and bounded in memory;
/// once warm it allocates nothing. Belongs to the leg's strand.
class repacketiser {
  public:
    /// How long a packet waits for one that was sent before it.
    static constexpr std::chrono::milliseconds patience{20};
    /// Packets, and octets, that wait at most.
    static constexpr std::size_t most_held = 128;
    static constexpr std::size_t most_held_octets = 65536;
    /// Size that joined packets do not exceed.
    static constexpr std::size_t longest_joined_packet = 8192;

    /// As after set_packet_time().
    explicit repacketiser(std::chrono::milliseconds packet_time) noexcept { set_packet_time(packet_time); }

    /// From now on makes packets of `packet_time`, 1 to 999 ms, rounded up to whole frames (10 ms for PCMU,
    /// PCMA and G.722).
    void set_packet_time(std::chrono::milliseconds packet_time) noexcept;

    /// From now on packets pass as they are. What is held goes at once. The stream's own numbers show again,
    /// unless they are behind those sent so far: then all further ones are raised, as numbers that run back
    /// would make the receiver take packets for stragglers.
    void pass_all() noexcept;

    /// Whether packets pass without any change, so that the object is no longer needed.
    [[nodiscard]] bool is_transparent() const noexcept;

    /// Takes in a packet and its header. False when it is discarded: it comes too late, or a second time.
    /// Throws std::bad_alloc, and has not taken it in then.
    bool push(std::span<const std::byte> datagram, const rtp_header& header, time_point now);

    /// The next packet to send by `now`, valid until the next call; empty when there is none yet.
    [[nodiscard]] std::optional<std::span<const std::byte>> next(time_point now) noexcept;

    /// When next() will have a packet though no other comes; in the past when it has one now. Empty when
    /// nothing is held.
    [[nodiscard]] std::optional<time_point> next_due() const noexcept;

    /// Packets that came and have not left, not even in part.
    [[nodiscard]] std::size_t held() const noexcept { return queue_.size(); }

  private:
    struct held_packet {
        std::int64_t place = 0;
        time_point arrival;
        rtp_header header;                  ///< of what is left: its timestamp, no marker after a split
        std::optional<audio_frames> audio;  ///< what is left of it; empty: not to be joined or split
        std::size_t octets_gone = 0;        ///< of the payload
        bool renumbered = true;             ///< false: its own number counts
        std::vector<std::byte> datagram;

        [[nodiscard]] std::span<const std::byte> payload_left() const noexcept;
        void take_off(const audio_frames& gone) noexcept;
    };
    [[nodiscard]] static bool joins(const held_packet& first, const held_packet& second) noexcept;

    [[nodiscard]] std::optional<std::int64_t> place_of(const rtp_header& header) noexcept;
    [[nodiscard]] std::vector<std::byte> copy_of(std::span<const std::byte> datagram);

    [[nodiscard]] bool is_full() const noexcept;
    [[nodiscard]] time_point due() const noexcept;
    [[nodiscard]] time_point numbers_due() const noexcept;
    [[nodiscard]] time_point audio_due() const noexcept;
    [[nodiscard]] time_point filled_too_slowly() const noexcept;
    [[nodiscard]] time_point give_up_hole_before(std::size_t index) const noexcept;

    void write_as_it_is(const held_packet& packet);
    void write_header(const held_packet& packet);
    [[nodiscard]] std::size_t write_audio();
    [[nodiscard]] std::uint16_t number_for(const held_packet& packet) noexcept;
    void remove_front(std::size_t packets) noexcept;
    void make_room(std::size_t octets);

    std::uint32_t wanted_ticks_ = 0;  ///< in a packet, before they are rounded up to frames
    bool framing_ = false;            ///< false: packets pass as they are
    sequence_order order_;
    std::vector<held_packet> queue_;  ///< by place
    std::size_t held_octets_ = 0;
    std::int64_t next_place_ = 0;          ///< of the packet that has to leave next
    std::optional<std::uint16_t> number_;  ///< the last one of our own
    std::uint16_t last_original_ = 0;      ///< the number the last packet to leave came with
    std::uint16_t shift_ = 0;              ///< added to numbers of packets that pass as they are
    std::vector<std::byte> out_;
    std::vector<std::vector<std::byte>> spare_;  ///< buffers of packets that left
};

}  // namespace rtpproxy
