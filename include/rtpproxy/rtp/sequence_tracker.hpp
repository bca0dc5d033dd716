#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rtpproxy {

/// Counts the sequence numbers of one RTP stream: how many it spanned, how many arrived, how many twice.
///
/// The numbers are split into *runs*: stretches that follow each other without a jump. A run ends when the
/// stream restarts (marker bit on an older number), when it jumps by more than 536, or when the caller says
/// so
/// (`start_run()`, for a new SSRC); its span then goes into the total. Pure; belongs to the leg's strand.
class sequence_tracker {
  public:
    /// Ends the run, if any, and begins another one with `sequence_number` as its first packet.
    void start_run(std::uint16_t sequence_number) noexcept;

    /// Takes the next packet of the same SSRC; `marker` is the RTP marker bit.
    /// @returns whether it began a new run although the stream was known before: a restart or a jump.
    bool on_packet(std::uint16_t sequence_number, bool marker) noexcept;

    /// Sequence numbers spanned by all runs together; never less than `received()`.
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_in_ended_runs_ + span(); }
    /// Packets counted once each.
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    [[nodiscard]] std::uint64_t duplicates() const noexcept { return duplicates_; }

    /// The lowest and the highest sequence number of the current run, extended by `cycle()` (RFC 3550 appendix
    /// A.1). Mean nothing before the first packet.
    [[nodiscard]] std::int64_t lowest() const noexcept { return lowest_; }
    [[nodiscard]] std::int64_t highest() const noexcept { return highest_; }
    /// 65536 for each wrap of the current run.
    [[nodiscard]] std::int64_t cycle() const noexcept { return cycle_; }

  private:
    /// Which of the latest sequence numbers were seen: a ring of bits that moves along with the highest
    /// number. Numbers are at most 536 ahead of the highest and 1070 behind it, or they begin a new run.
    class seen_window {
      public:
        void clear() noexcept { words_.fill(0); }
        void forget(std::int64_t first, std::int64_t last) noexcept;
        [[nodiscard]] bool test_and_set(std::int64_t number) noexcept;

      private:
        static constexpr std::size_t bits = 2048;
        static constexpr std::size_t word_bits = 64;
        std::array<std::uint64_t, bits / word_bits> words_{};
    };

    enum class position : std::uint8_t { near, before_wrap, after_wrap, elsewhere };

    [[nodiscard]] position locate(std::uint16_t sequence_number) const noexcept;
    [[nodiscard]] bool is_restart(std::uint16_t sequence_number, bool marker) const noexcept;
    [[nodiscard]] std::uint64_t span() const noexcept {
        return static_cast<std::uint64_t>(highest_ - lowest_ + 1);
    }
    void count(std::int64_t extended) noexcept;

    // Extended sequence numbers (RFC 3550 appendix A.1); negative when a packet from before the run's first
    // wrap came late. Without a run the span is 0.
    std::int64_t lowest_ = 1;
    std::int64_t highest_ = 0;
    std::int64_t cycle_ = 0;  ///< 65536 times the wraps of this run
    std::uint64_t sent_in_ended_runs_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t duplicates_ = 0;
    seen_window seen_;
};

}  // namespace rtpproxy
