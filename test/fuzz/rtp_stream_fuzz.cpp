// The RTP and RTCP readers and the receive statistics behind them. Input: packets, each with its length and
// the time since the one before in front.

#include "rtpproxy/rtp/media_datagram.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/rtp/stream_statistics.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

void check(const rtp_header& header, std::span<const std::byte> datagram) {
    require(datagram.size() >= 12 && (std::to_integer<unsigned>(datagram[0]) >> 6) == 2, "no RTP");
    require(header.header_octets >= 12, "header too short");
    require(header.header_octets + header.payload_octets <= datagram.size(), "longer than the packet");
    const bool padded = (std::to_integer<unsigned>(datagram[0]) & 0x20) != 0;
    const auto padding = datagram.size() - header.header_octets - header.payload_octets;
    require(padded ? padding == std::to_integer<std::size_t>(datagram.back()) : padding == 0, "padding");
    require(header.payload_type < 128, "payload type");
}

/// Whatever is RTP is media, and text of ASCII is not.
void check_recognition(std::span<const std::byte> datagram, bool is_rtp) {
    const auto kind = recognise_datagram(datagram);
    if (is_rtp) require(kind == datagram_kind::rtp, "RTP that is not recognised");
    const bool is_text = std::ranges::all_of(datagram, [](const std::byte& each) {
        return begins_like_text({&each, 1});
    });
    if (is_text) require(kind == datagram_kind::other, "text that is taken for media");
}

bool is_count(double value) {
    return std::isfinite(value) && value >= 0;
}

void check(const stream_statistics& statistics, std::uint64_t packets) {
    const auto totals = statistics.totals();
    require(totals.received <= totals.sent, "more received than sent");
    require(totals.received + totals.duplicates + totals.parse_errors == packets, "packets got lost");
    const auto jitter = statistics.jitter();
    require(is_count(jitter.last) && is_count(jitter.maximum) && is_count(jitter.average), "jitter");
    require(jitter.average <= jitter.maximum * (1 + 1e-9), "the average is above the maximum");
    require(statistics.last_ssrc().has_value() == (packets > totals.parse_errors), "SSRC");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    stream_statistics statistics;
    time_point now{std::chrono::hours{1}};
    for (std::uint64_t packets = 1; !text.empty(); ++packets) {
        const auto length = std::min<std::size_t>(fuzz::take_octet(text), text.size());
        now += std::chrono::milliseconds{fuzz::take_octet(text)};
        const auto octets = text.substr(0, length);
        text.remove_prefix(octets.size());
        // A copy that ends where the packet ends.
        const auto* begin = reinterpret_cast<const std::byte*>(octets.data());
        const std::vector<std::byte> datagram(begin, begin + octets.size());

        const auto header = looks_like_rtcp(datagram) ? std::nullopt : read_rtp_header(datagram);
        if (header) check(*header, datagram);
        check_recognition(datagram, header.has_value());
        const auto ssrc = statistics.last_ssrc();
        const bool changed = statistics.on_packet(header, now);
        if (header) require(changed == (ssrc != header->ssrc), "SSRC change");
        check(statistics, packets);
    }
    return 0;
}
