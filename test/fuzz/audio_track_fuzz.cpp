// From capture to audio, as extractaudio goes. Input: an octet whose lowest bit leaves gaps out, then a
// capture file.

#include "rtpproxy/capture/capture_reader.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/tools/audio_track.hpp"
#include "rtpproxy/tools/stream_report.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

using namespace rtpproxy;
using fuzz::require;

namespace {

constexpr std::size_t samples_at_once = track_rate;
/// Timestamps may be a second ahead of the arrival, and a packet has a second of audio at most.
constexpr std::uint64_t beyond_arrival = 2 * track_rate;

class listener {
  public:
    explicit listener(track_timing timing) : timing_(timing), track_(timing) {}

    void on_packet(const captured_packet& packet) {
        const auto header = read_rtp_header(packet.payload);
        if (!header) return;
        if (packets_++ == 0) origin_ = packet.when;
        const auto since_origin = packet.when - origin_;
        if (since_origin > std::chrono::minutes{5}) return;
        latest_ = std::max(latest_, since_origin);
        report_.on_packet(*header, time_point{latest_});
        track_.on_packet(packet.source, *header,
                         packet.payload.subspan(header->header_octets, header->payload_octets),
                         latest_.count() / 125);
        while (track_.ready() >= samples_at_once)
            take(samples_at_once);
    }

    void end() {
        track_.on_end();
        while (track_.ready() > 0)
            take(static_cast<std::size_t>(std::min<std::uint64_t>(track_.ready(), samples_at_once)));
        const auto& counts = track_.packets();
        auto sum = counts.decoded + counts.damaged + counts.late;
        for (const auto& [payload_type, count] : counts.undecodable)
            sum += count;
        require(sum <= packets_, "packets counted twice");
        std::ostringstream report;
        report_.print(report);
        require(report.str().starts_with("pcount="), "report");
    }

  private:
    void take(std::size_t count) {
        sum_.assign(count, 0);
        track_.add_to(sum_);
        taken_ += count;
        if (timing_ == track_timing::synchronised)
            require(taken_ <= static_cast<std::uint64_t>(latest_.count()) / 125 + beyond_arrival, "too long");
        // However many streams sound at the same time.
        require(std::all_of(sum_.begin(), sum_.end(), [](auto s) { return std::abs(s) < 20'000'000; }),
                "too loud");
    }

    track_timing timing_;
    audio_track track_;
    stream_report report_;
    std::uint64_t packets_ = 0;
    std::uint64_t taken_ = 0;
    wall_time origin_{};
    std::chrono::microseconds latest_{0};
    std::vector<std::int32_t> sum_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    const bool gapless = (fuzz::take_octet(text) & 1U) != 0;
    const std::span file{reinterpret_cast<const std::byte*>(text.data()), text.size()};
    capture_reader reader{file};
    listener listening{gapless ? track_timing::gapless : track_timing::synchronised};
    for (;;) {
        const auto packet = reader.next();
        if (!packet || !*packet) break;
        listening.on_packet(**packet);
    }
    listening.end();
    return 0;
}
