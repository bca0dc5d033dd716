#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtpproxy {

/// The part of a stereo recording that is still open: samples of both channels are put where they belong, in
/// whatever order they come. What nobody puts anything to is silence.
///
/// A frame is a sample of each channel; positions are frames from the beginning of the recording. Pure.
class stereo_window {
  public:
    /// The longest piece it holds, in frames.
    explicit stereo_window(std::size_t longest) : longest_(longest) {}

    /// Whether frames in front of `end` have room.
    [[nodiscard]] bool has_room_until(std::uint64_t end) const noexcept { return end <= begin_ + longest_; }
    /// Puts samples of a channel (0 left, 1 right) from frame `at` on. Those in front of the window are
    /// dropped; they must not go beyond its room.
    void put(std::size_t channel, std::uint64_t at, std::span<const std::int16_t> samples);

    /// Samples of both channels in turn that changed since written(), and where they begin. Valid until the
    /// next change.
    struct piece {
        std::uint64_t at = 0;
        std::span<const std::int16_t> samples;
    };
    [[nodiscard]] piece changed() const noexcept;
    /// Forgets what has changed.
    void written() noexcept { changed_from_ = end(); }

    /// Lets go of what is in front of `begin`. The window moves forwards only.
    void move_to(std::uint64_t begin);

    [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
    /// Behind the last frame that has something.
    [[nodiscard]] std::uint64_t end() const noexcept { return begin_ + frames_.size() / channels; }

  private:
    static constexpr std::size_t channels = 2;

    std::size_t longest_;
    std::uint64_t begin_ = 0;
    std::uint64_t changed_from_ = 0;
    std::vector<std::int16_t> frames_;
};

}  // namespace rtpproxy
