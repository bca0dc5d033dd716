#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/rtp/stream_statistics.hpp"

#include "micro/allocation_meter.hpp"
#include "support/rtp_packets.hpp"

#include <benchmark/benchmark.h>

#include <chrono>

namespace rtpproxy::bench {
namespace {

void read_header(benchmark::State& state) {
    const auto packet = test::make_rtp({});
    const allocation_meter meter{state};
    for (auto _ : state)
        benchmark::DoNotOptimize(read_rtp_header(packet));
}
BENCHMARK(read_header);

/// What each packet of a voice stream costs the analysis: loss, duplicates, jitter.
void analyse_stream(benchmark::State& state) {
    stream_statistics statistics;
    rtp_header header{.ssrc = 1, .header_octets = 12, .payload_octets = 160};
    auto arrival = time_point{} + std::chrono::hours{1};
    const allocation_meter meter{state};
    for (auto _ : state) {
        ++header.sequence_number;
        header.timestamp += 160;
        arrival += std::chrono::milliseconds{20};
        benchmark::DoNotOptimize(statistics.on_packet(header, arrival));
    }
}
BENCHMARK(analyse_stream);

}  // namespace
}  // namespace rtpproxy::bench
