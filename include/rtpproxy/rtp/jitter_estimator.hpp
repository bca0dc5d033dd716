#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace rtpproxy {

/// Interarrival jitter in RTP timestamp units; 0 without data. RFC 3550 §6.4.1 has a running estimate J,
/// which each packet that can be compared with the one before it brings up to date.
struct jitter_summary {
    double last = 0;     ///< the present J of the SSRC that came last and has at least two packets
    double maximum = 0;  ///< the highest that J ever was, over all SSRCs
    double average = 0;  ///< the mean of J after each such packet, over those of all SSRCs alike
};

/// RTP clock rate in Hz of a static audio payload type (0 to 18, RFC 3551 §6); 0 for every other type.
[[nodiscard]] std::uint32_t static_clock_rate(std::uint8_t payload_type) noexcept;

/// The interarrival jitter of one SSRC.
class ssrc_jitter {
  public:
    ssrc_jitter() = default;
    explicit ssrc_jitter(std::uint32_t ssrc) noexcept : ssrc_(ssrc) {}

    /// Takes a packet whose payload type has `clock_rate` Hz. After a restart of the stream (`restarted`), a
    /// jump of its timestamp or a change of the clock it only becomes the new reference.
    void on_packet(std::uint32_t timestamp, std::uint32_t clock_rate, time_point arrival,
                   bool restarted) noexcept;

    [[nodiscard]] std::uint32_t ssrc() const noexcept { return ssrc_; }
    /// Whether two packets came, so that `value()` says something.
    [[nodiscard]] bool has_value() const noexcept { return packets_ >= 2; }
    /// In RTP timestamp units.
    [[nodiscard]] double value() const noexcept { return jitter_; }
    /// The highest that `value()` ever was.
    [[nodiscard]] double peak() const noexcept { return peak_; }
    /// What `value()` was after each packet that brought it up to date, added up; and how many these are.
    [[nodiscard]] double sum() const noexcept { return sum_; }
    [[nodiscard]] std::uint32_t samples() const noexcept { return samples_; }

  private:
    static constexpr std::size_t remembered_timestamps = 10;

    [[nodiscard]] bool seen(std::uint32_t timestamp) const noexcept;
    void remember(std::uint32_t timestamp) noexcept;
    void take_sample(double difference) noexcept;

    double jitter_ = 0;
    double peak_ = 0;
    double sum_ = 0;
    time_point arrival_{};
    std::uint32_t ssrc_ = 0;
    std::uint32_t timestamp_ = 0;
    std::uint32_t clock_rate_ = 0;  ///< of the packet before; 0 before the first
    std::uint32_t samples_ = 0;
    std::array<std::uint32_t, remembered_timestamps> timestamps_{};
    std::uint8_t timestamps_count_ = 0;
    std::uint8_t next_timestamp_ = 0;
    std::uint8_t packets_ = 0;  ///< stops at 2
};

/// Jitter of all SSRCs of a stream: the ten latest in full, the ones before them summed up.
///
/// Most streams have one SSRC or two. The third makes it allocate room for all, once; without memory it makes
/// do with two. Pure. Belongs to the leg's strand.
class jitter_estimator {
  public:
    /// Takes one packet; one whose payload type has no known clock rate is passed over.
    /// `restarted`: its sequence number began anew under the same SSRC.
    void on_packet(const rtp_header& header, time_point arrival, bool restarted) noexcept;

    [[nodiscard]] jitter_summary summary() const noexcept;
    /// The latest payload type with a known clock rate, other than comfort noise; empty before the first.
    [[nodiscard]] std::optional<std::uint8_t> payload_type() const noexcept;

  private:
    static constexpr std::uint8_t no_payload_type = 0xff;
    static constexpr std::size_t followed_ssrcs = 10;
    static constexpr std::size_t usual_ssrcs = 2;

    /// Adds up the jitter of SSRCs in the order in which they came.
    struct accumulator {
        double last = 0;
        double maximum = 0;
        double sum = 0;
        std::uint64_t samples = 0;
        void add(const ssrc_jitter& jitter) noexcept;
    };

    [[nodiscard]] ssrc_jitter& follow(std::uint32_t ssrc) noexcept;
    [[nodiscard]] ssrc_jitter& followed(std::size_t place) noexcept;
    [[nodiscard]] const ssrc_jitter& followed(std::size_t place) const noexcept;
    [[nodiscard]] std::size_t place_of(std::uint32_t ssrc) const noexcept;
    [[nodiscard]] std::size_t make_place() noexcept;
    [[nodiscard]] bool has_room() noexcept;

    // A ring in order of arrival, in two parts.
    std::array<ssrc_jitter, usual_ssrcs> usual_{};
    std::unique_ptr<std::array<ssrc_jitter, followed_ssrcs - usual_ssrcs>> further_;
    accumulator given_up_;
    std::uint8_t followed_count_ = 0;
    std::uint8_t oldest_ = 0;
    std::uint8_t current_ = 0;  ///< that of the packet before
    std::uint8_t payload_type_ = no_payload_type;
};

}  // namespace rtpproxy
