#include "rtpproxy/accounting/e_model.hpp"

#include <algorithm>
#include <cmath>

// Names, numbers and formulas are those of ITU-T G.107 (06/2015), clause 7.

namespace rtpproxy {
namespace {

// Defaults of G.107 table 2, in dB, dBm0p or dB(A).
constexpr double send_loudness = 8;     // SLR
constexpr double receive_loudness = 2;  // RLR
constexpr double overall_loudness = send_loudness + receive_loudness;
constexpr double sidetone_masking = 15;      // STMR
constexpr double sidetone_of_listener = 18;  // LSTR
constexpr double telephone_send = 3;         // Ds
constexpr double talker_echo = 65;           // TELR
constexpr double echo_path_loss = 110;       // WEPL
constexpr double circuit_noise = -70;        // Nc
constexpr double noise_floor = -64;          // Nfor
constexpr double room_noise = 35;            // Ps and Pr
constexpr double quantisation_units = 1;     // qdu

double square(double x) {
    return x * x;
}

double power_of(double decibels) {
    return std::pow(10, decibels / 10);
}

/// (1 + x^n)^(1/n).
double knee(double x, double n) {
    return std::pow(1 + std::pow(x, n), 1 / n);
}

/// No: the sum of all noise sources at the 0 dBr point (7-3 to 7-7).
double noise() {
    const double send_room = room_noise - send_loudness - telephone_send - 100 +
                             0.004 * square(room_noise - overall_loudness - telephone_send - 14);
    const double effective_room = room_noise + 10 * std::log10(1 + power_of(10 - sidetone_of_listener));
    const double receive_room = receive_loudness - 121 + effective_room + 0.008 * square(effective_room - 35);
    const double floor = noise_floor + receive_loudness;
    return 10 * std::log10(power_of(circuit_noise) + power_of(send_room) + power_of(receive_room) +
                           power_of(floor));
}

/// Ro: the basic signal-to-noise ratio (7-2).
double signal_to_noise() {
    return 15 - 1.5 * (send_loudness + noise());
}

/// Iolr: the connection is too loud (7-9, 7-10).
double too_loud() {
    const double x = (overall_loudness + 0.2 * (64 + noise() - receive_loudness)) / 8;
    return 20 * (knee(x, 8) - x);
}

/// Ist: sidetone that is not at its best (7-11, 7-12).
double sidetone(double delay) {
    const double masking =
        -10 * std::log10(power_of(-sidetone_masking) + std::exp(-delay / 4) * power_of(-talker_echo));
    return 12 * knee((masking - 13) / 6, 8) - 28 * knee((masking + 1) / 19.4, 35) -
           13 * knee((masking - 3) / 33, 13) + 29;
}

/// Iq: quantising distortion (7-13 to 7-17).
double quantising() {
    const double q = 37 - 15 * std::log10(quantisation_units);
    const double g = 1.07 + 0.258 * q + 0.0602 * square(q);
    const double y = (signal_to_noise() - 100) / 15 + 46 / 8.4 - g / 9;
    const double z = 46.0 / 30 - g / 40;
    return 15 * std::log10(1 + std::pow(10, y) + std::pow(10, z));
}

/// Is: what comes with the voice itself (7-8).
double simultaneous_impairment(double delay) {
    return too_loud() + sidetone(delay) + quantising();
}

/// Idte: the talker hears an echo (7-19 to 7-22).
double talker_echo_impairment(double delay) {
    const double level = talker_echo - 40 * std::log10((1 + delay / 10) / (1 + delay / 150)) +
                         6 * std::exp(-0.3 * square(delay));
    const double difference = -1.5 * (noise() - receive_loudness) - (80 + 2.5 * (level - 14));
    return (difference / 2 + std::sqrt(square(difference) / 4 + 100) - 1) * (1 - std::exp(-delay));
}

/// Idle: the listener hears an echo (7-26, 7-27).
double listener_echo_impairment(double round_trip) {
    const double level = 10.5 * (echo_path_loss + 7) * std::pow(round_trip + 1, -0.25);
    const double difference = signal_to_noise() - level;
    return difference / 2 + std::sqrt(square(difference) / 4 + 169);
}

/// Idd: the parties interrupt each other (7-28, 7-29).
double absolute_delay_impairment(double delay) {
    if (delay <= 100) return 0;
    const double x = std::log2(delay / 100);
    return 25 * (knee(x, 6) - 3 * knee(x / 3, 6) + 2);
}

/// Ie-eff: codec and packet loss (7-30).
double effective_equipment_impairment(const e_model_inputs& inputs) {
    const double loss = inputs.packet_loss_percent;
    return inputs.equipment_impairment + (95 - inputs.equipment_impairment) * loss /
                                             (loss / inputs.burst_ratio + inputs.packet_loss_robustness);
}

}  // namespace

double transmission_rating(const e_model_inputs& inputs) noexcept {
    const double delay = inputs.one_way_delay_ms;
    return signal_to_noise() - simultaneous_impairment(delay) - talker_echo_impairment(delay) -
           listener_echo_impairment(2 * delay) - absolute_delay_impairment(delay) -
           effective_equipment_impairment(inputs);
}

double mean_opinion_score(double rating) noexcept {
    constexpr double worst = 1;
    constexpr double best = 4.5;
    if (rating <= 0) return worst;
    if (rating >= 100) return best;
    return std::max(worst, worst + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

}  // namespace rtpproxy
