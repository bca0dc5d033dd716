#pragma once

#include "rtpproxy/net/time.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <system_error>

namespace rtpproxy {

/// What is known of the disk that recordings go to, and what is told about it: one line when it fails, one
/// when it has been fine again for some seconds. While it fails it is tried once a second.
///
/// Everything but usable() runs on the recorder's thread.
class disk_health {
  public:
    /// False while the disk does not take recordings. From any thread.
    [[nodiscard]] bool usable() const noexcept { return usable_.load(std::memory_order_relaxed); }

    /// Whether trouble was told of, but not its end.
    [[nodiscard]] bool in_trouble() const noexcept { return trouble_told_; }
    /// Whether to go to the disk now.
    [[nodiscard]] bool may_try(time_point now) noexcept;
    void failed(const std::filesystem::path& file, const std::error_code& why, time_point now);
    void succeeded(time_point now);
    /// Packets that were not written.
    void lost(std::uint64_t packets) noexcept { lost_ += packets; }
    /// The same since the start.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

    /// Makes and removes a file in `directory`; the outcome counts as that of any other file.
    void probe(const std::filesystem::path& directory, time_point now);

  private:
    std::atomic<bool> usable_{true};
    bool trouble_told_ = false;
    time_point next_try_{};
    time_point last_failure_{};
    std::uint64_t lost_ = 0;
    std::uint64_t lost_before_trouble_ = 0;
};

/// What errno says.
[[nodiscard]] std::error_code last_system_error() noexcept;

}  // namespace rtpproxy
