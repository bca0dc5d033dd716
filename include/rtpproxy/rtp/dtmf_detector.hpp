#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/telephone_event.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtpproxy {

/// A key that was pressed.
struct dtmf_digit {
    char digit = ' ';            ///< as to_digit()
    std::uint8_t volume = 0;     ///< of the packet that ended it, or else of the last one
    std::uint32_t duration = 0;  ///< the longest that was said, in RTP timestamp units

    friend bool operator==(const dtmf_digit&, const dtmf_digit&) = default;
};

/// Finds the digits in the telephone events of one party (RFC 4733): each is reported once, in the order in
/// which they were pressed.
///
/// An event has one timestamp in all its packets (§2.3.5); the last four are remembered. For phones that give
/// several keys one timestamp, another digit is another event, and so is the same one when a later packet has
/// the marker and a shorter duration than was said before. An event is reported at its end,
/// which a sender says three times (§2.5.1.4). When all of these are lost it is reported before the next one
/// that ends, or when nothing was heard of it for `silence`. An event that is first heard of by its end may
/// be a late repetition of a forgotten one; it counts when its end is said again.
///
/// After on_packet() take out next() until it is empty, and again at next_due(). Pure; allocates nothing.
class dtmf_detector {
  public:
    /// Senders repeat an event every 50 ms or more often.
    static constexpr std::chrono::milliseconds silence{300};

    /// Takes the payload of a packet with this RTP timestamp. What is no event, or none of a digit, is
    /// ignored. The sequence number tells a repeated key from a start that came late.
    void on_packet(std::uint32_t timestamp, std::span<const std::byte> payload, time_point now,
                   std::uint16_t sequence_number = 0, bool marker = false) noexcept;

    /// A digit that is over by `now`; empty when there is none to report.
    [[nodiscard]] std::optional<dtmf_digit> next(time_point now) noexcept;

    /// When next() reports a digit though no packet comes. Empty when none is pressed.
    [[nodiscard]] std::optional<time_point> next_due() const noexcept;

  private:
    enum class stage : std::uint8_t {
        reported,    ///< or free
        pressed,     ///< no end seen
        maybe_late,  ///< the end was the first that was seen
        released,    ///< to be reported
    };
    struct event {
        time_point heard;
        std::uint32_t timestamp = 0;
        std::uint32_t before = 0;  ///< duration of earlier segments of the same event
        std::uint16_t duration = 0;
        std::uint16_t newest = 0;  ///< sequence number
        std::uint16_t first = 0;   ///< sequence number of the start, when it is `repeated`
        bool repeated = false;     ///< with the timestamp of the event of the same digit before
        std::uint8_t code = 0;
        std::uint8_t volume = 0;
        stage at = stage::reported;
    };
    static constexpr std::size_t remembered = 4;

    [[nodiscard]] event* find(std::uint32_t timestamp, std::uint8_t code) noexcept;
    event& add(std::uint32_t timestamp, const telephone_event& first, time_point now) noexcept;
    void add_repeated(event& before, const telephone_event& first, time_point now,
                      std::uint16_t sequence_number) noexcept;
    [[nodiscard]] std::uint32_t take_over_segment(std::uint32_t timestamp, std::uint8_t code) noexcept;
    [[nodiscard]] bool is_over(std::size_t index, time_point now) const noexcept;

    std::array<event, remembered> events_{};  ///< the oldest first
    std::size_t count_ = 0;
};

}  // namespace rtpproxy
