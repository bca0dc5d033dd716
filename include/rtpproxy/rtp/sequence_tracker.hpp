#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace rtpproxy {

/// Counts the sequence numbers of one RTP stream: how many it spanned, how many arrived, how many twice.
///
/// The numbers are split into *runs*: stretches that follow each other without a jump. A run ends when the
/// numbers jump by more than 536, when the sender begins anew under its SSRC, or when the caller says so
/// (`start_run()`, for a new SSRC); its span then goes into the total. Pure; belongs to the leg's strand.
///
/// A sender that begins anew sets the marker. So does every first packet after silence and every last one of
/// a video frame, and each of them may be overtaken or come twice. A marker with an older number is therefore
/// late or a duplicate unless something else tells: its number was given to another packet before, or lies
/// further before the run's first than reordering reaches (100, RFC 3550 A.1), or its timestamp is none of
/// that time. Where only the next packet can tell, it does: two packets in sequence whose numbers were seen
/// are a restart.
class sequence_tracker {
  public:
    /// Ends the run, if any, and begins another one with this packet as its first.
    void start_run(std::uint16_t sequence_number, bool marker, std::uint32_t timestamp) noexcept;

    /// Takes the next packet of the same SSRC; `marker` is the RTP marker bit.
    /// @returns whether it belongs to a new run although the stream was known before: a restart or a jump.
    bool on_packet(std::uint16_t sequence_number, bool marker, std::uint32_t timestamp) noexcept;

    /// Sequence numbers spanned by all runs together; never less than `received()`.
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_in_ended_runs_ + span(); }
    /// Packets counted once each.
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    [[nodiscard]] std::uint64_t duplicates() const noexcept { return duplicates_; }

    /// The lowest and the highest sequence number of the current run, extended by `cycle()` (RFC 3550
    /// appendix A.1). Mean nothing before the first packet.
    [[nodiscard]] std::int64_t lowest() const noexcept { return lowest_; }
    [[nodiscard]] std::int64_t highest() const noexcept { return highest_; }
    /// 65536 for each wrap of the current run.
    [[nodiscard]] std::int64_t cycle() const noexcept { return cycle_; }

  private:
    /// A bit for each of the latest `bits` sequence numbers: a ring that moves along with the highest number.
    template <std::size_t bits>
    class bit_window {
      public:
        void clear() noexcept { words_.fill(0); }
        /// Clears the bits of the numbers from `first` to `last`.
        void forget(std::int64_t first, std::int64_t last) noexcept;
        [[nodiscard]] bool test(std::int64_t number) const noexcept;
        void set(std::int64_t number) noexcept;

      private:
        static constexpr std::size_t word_bits = 64;
        static_assert(bits % word_bits == 0);
        std::array<std::uint64_t, bits / word_bits> words_{};
    };

    /// What a packet with the marker and an older number is.
    enum class old_marker : std::uint8_t { no_restart, restart, next_tells };

    /// The number among those of the run (RFC 3550 A.1); empty when it is too far from the highest.
    [[nodiscard]] std::optional<std::int64_t> extend(std::uint16_t sequence_number) const noexcept;
    [[nodiscard]] old_marker judge(std::int64_t extended, std::uint32_t timestamp) const noexcept;
    /// Whether a packet with this timestamp cannot have been sent before that with the highest number.
    [[nodiscard]] bool is_of_another_time(std::uint32_t timestamp) const noexcept;
    /// Ends the suspicion. If the packet with number `extended` proves it right, the suspect, whatever it was
    /// counted as, now is the first of a run.
    [[nodiscard]] bool began_at_suspect(std::int64_t extended) noexcept;
    [[nodiscard]] std::uint64_t span() const noexcept {
        return static_cast<std::uint64_t>(highest_ - lowest_ + 1);
    }
    void count(std::int64_t extended, bool marker, std::uint32_t timestamp) noexcept;

    static constexpr std::int64_t no_suspect = std::numeric_limits<std::int64_t>::min();

    // Extended sequence numbers (RFC 3550 appendix A.1); negative when a packet from before the run's first
    // wrap came late. Without a run the span is 0.
    std::int64_t lowest_ = 1;
    std::int64_t highest_ = 0;
    std::int64_t cycle_ = 0;  ///< 65536 times the wraps of this run
    std::uint64_t sent_in_ended_runs_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t duplicates_ = 0;
    bit_window<2048> seen_;   ///< at most 536 ahead of the highest and 1070 behind it
    bit_window<128> marked_;  ///< which of the seen ones had the marker; only the latest 100 are asked for
    std::int64_t suspect_ = no_suspect;  ///< may have begun a run; the packet after it tells
    std::uint32_t timestamp_ = 0;        ///< of the highest number
    std::uint32_t suspect_timestamp_ = 0;
    bool suspect_was_seen_ = false;  ///< and so counted as a duplicate
};

}  // namespace rtpproxy
