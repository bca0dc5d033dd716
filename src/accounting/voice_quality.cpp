#include "rtpproxy/accounting/voice_quality.hpp"

#include "rtpproxy/rtp/jitter_estimator.hpp"

#include <algorithm>
#include <array>

namespace rtpproxy {

std::string_view codec_name(std::uint8_t payload_type) noexcept {
    constexpr std::array<std::string_view, 19> names = {
        "PCMU", "",    "",      "GSM", "G723", "DVI4", "DVI4", "LPC",  "PCMA", "G722",  //
        "L16",  "L16", "QCELP", "CN",  "MPA",  "G728", "DVI4", "DVI4", "G729",
    };
    return payload_type < names.size() ? names[payload_type] : std::string_view{};
}

std::optional<codec_quality> codec_quality_of(std::uint8_t payload_type) noexcept {
    switch (payload_type) {
        case 0:
        case 8:
            return codec_quality{0, 25.1};  // G.711 with the loss concealment of its appendix I
        case 3:
            return codec_quality{20, {}};  // GSM full rate
        case 4:
            return codec_quality{15, 16.1};  // G.723.1 at 6.3 kbit/s
        case 15:
            return codec_quality{7, {}};  // G.728 at 16 kbit/s
        case 18:
            return codec_quality{11, 19.0};  // G.729 annexes A and B
        default:
            return std::nullopt;
    }
}

std::optional<fractional_milliseconds> jitter_time(double timestamp_units,
                                                   std::optional<std::uint8_t> payload_type) noexcept {
    const auto clock_rate = payload_type ? static_clock_rate(*payload_type) : 0;
    if (clock_rate == 0) return std::nullopt;
    return std::chrono::duration<double>{timestamp_units / clock_rate};
}

std::optional<voice_quality> voice_quality_of(const stream_record& stream) noexcept {
    if (!stream.timed_payload_type || stream.totals.received == 0) return std::nullopt;
    const auto codec = codec_quality_of(*stream.timed_payload_type);
    const auto jitter = jitter_time(stream.jitter.average, stream.timed_payload_type);
    if (!codec || !jitter) return std::nullopt;
    if (stream.totals.lost() != 0 && !codec->robustness) return std::nullopt;

    voice_quality judged;
    judged.jitter_buffer = std::clamp(2 * *jitter, shortest_jitter_buffer, longest_jitter_buffer);
    judged.inputs.one_way_delay_ms = (assumed_path_delay + judged.jitter_buffer).count();
    judged.inputs.equipment_impairment = codec->impairment;
    if (codec->robustness) judged.inputs.packet_loss_robustness = *codec->robustness;
    judged.inputs.packet_loss_percent =
        100 * static_cast<double>(stream.totals.lost()) / static_cast<double>(stream.totals.sent);
    judged.rating = transmission_rating(judged.inputs);
    judged.mos = mean_opinion_score(judged.rating);
    return judged;
}

}  // namespace rtpproxy
