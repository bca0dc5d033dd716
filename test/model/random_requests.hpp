#pragma once

#include "session_model.hpp"

#include <random>

namespace rtpproxy::model {

/// Draws commands about a few calls, so that they meet each other often.
class random_requests {
  public:
    random_requests(const rules& configured, std::uint64_t seed) : rules_(configured), random_(seed) {}

    [[nodiscard]] request next();
    /// A number below `end`.
    [[nodiscard]] unsigned below(unsigned end);
    /// True once in `times`.
    [[nodiscard]] bool one_in(unsigned times) { return below(times) == 0; }

  private:
    std::string tag(const std::string& letters);
    leg_words leg();
    std::string interfaces();
    sub_request subcommand();

    const rules& rules_;
    std::mt19937_64 random_;
};

}  // namespace rtpproxy::model
