#include "voice_count.hpp"

#include "rtpproxy/capture/captured_packet.hpp"
#include "rtpproxy/codec/codec_id.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include "capture_input.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace rtpproxy {

namespace {

constexpr std::size_t most_streams = 16;  // as an audio_track mixes
constexpr auto long_together = std::chrono::seconds{1};

struct heard_stream {
    endpoint source;
    std::uint32_t ssrc = 0;
    wall_time first;
    wall_time last;
};

bool sound_together(const heard_stream& a, const heard_stream& b) noexcept {
    const auto together = std::min(a.last, b.last) - std::max(a.first, b.first);
    const auto shorter = std::min(a.last - a.first, b.last - b.first);
    return together >= std::min<wall_time::duration>(long_together, shorter / 2) && together.count() >= 0;
}

std::vector<heard_stream> streams_of(capture_input& capture) {
    std::vector<heard_stream> streams;
    while (true) {
        const auto next = capture.next();
        if (!next || !*next) return streams;
        const auto& packet = **next;
        const auto header = looks_like_rtcp(packet.payload) ? std::nullopt : read_rtp_header(packet.payload);
        const auto codec = header ? codec_of_payload_type(header->payload_type) : std::nullopt;
        if (!codec || !can_decode(*codec) || header->payload_octets == 0) continue;
        const auto known = std::find_if(streams.begin(), streams.end(), [&](const heard_stream& each) {
            return each.ssrc == header->ssrc && each.source == packet.source;
        });
        if (known != streams.end())
            known->last = std::max(known->last, packet.when);
        else if (streams.size() < most_streams)
            streams.push_back({packet.source, header->ssrc, packet.when, packet.when});
    }
}

}  // namespace

unsigned count_voices(const std::filesystem::path& capture) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(capture, ignored)) return 1;
    auto opened = capture_input::open(capture);
    if (!opened) return 0;
    const auto streams = streams_of(*opened);
    unsigned most = 0;
    // Most sound when one of them has just begun.
    for (const auto& begun : streams) {
        const auto count = std::count_if(streams.begin(), streams.end(), [&](const heard_stream& each) {
            return &each == &begun || (each.first <= begun.first && sound_together(each, begun));
        });
        most = std::max(most, static_cast<unsigned>(count));
    }
    return most;
}

}  // namespace rtpproxy
