#pragma once

#include <memory>
#include <span>
#include <vector>

namespace rtpproxy {

/// Converts a stream of mono samples from one rate to another; passes it on where both are the same.
class resampler {
  public:
    /// Whether this build can convert between the rates (Hz).
    [[nodiscard]] static bool supports(unsigned from, unsigned to) noexcept;

    /// Only for rates it supports.
    resampler(unsigned from, unsigned to);
    resampler(resampler&&) noexcept;
    resampler& operator=(resampler&&) noexcept;
    ~resampler();

    /// Takes all of `input` and appends what comes out. `is_last`: nothing follows, so what is held back
    /// comes out, too.
    /// @returns false when the library failed.
    bool convert(std::span<const float> input, bool is_last, std::vector<float>& output);

  private:
    struct state;
    std::unique_ptr<state> state_;  ///< null: rates are the same
};

}  // namespace rtpproxy
