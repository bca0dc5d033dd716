#pragma once

#include <cstdint>

namespace rtpproxy {

/// What the E-model (ITU-T G.107, narrow-band) is told of a connection. Whatever is not here has the default
/// of G.107 table 2.
struct e_model_inputs {
    double one_way_delay_ms = 0;          ///< mouth to ear (T and Ta; the round trip Tr is twice that)
    double equipment_impairment = 0;      ///< of the codec (Ie, G.113 appendix I)
    double packet_loss_robustness = 4.3;  ///< of the codec (Bpl); above 0
    double packet_loss_percent = 0;       ///< Ppl, 0 to 100
    double burst_ratio = 1;               ///< BurstR; 1: losses do not depend on each other
};

/// The transmission rating factor R (G.107 §7): 93.2 with all defaults, less for what is worse; below 0 for
/// what nobody would bear.
[[nodiscard]] double transmission_rating(const e_model_inputs& inputs) noexcept;

/// The mean opinion score, 1 to 4.5, that people would give a conversation with that R (G.107 annex B).
[[nodiscard]] double mean_opinion_score(double rating) noexcept;

}  // namespace rtpproxy
