#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <chrono>

namespace rtpproxy {

/// A descriptor that becomes readable again and again while it runs: wakes up who waits for others that may
/// stay silent. Starting one costs more than a tick does.
class ticker {
  public:
    /// Throws std::system_error when there is no descriptor for it.
    ticker();

    /// Ticks every `interval` from now on. Without effect while it runs.
    void start(std::chrono::nanoseconds interval) noexcept;
    void stop() noexcept;
    /// Takes the ticks there are, so that the descriptor is readable only after the next one.
    void take() noexcept;

    [[nodiscard]] int native_handle() const noexcept { return fd_.get(); }

  private:
    unique_fd fd_;
    bool running_ = false;
};

}  // namespace rtpproxy
