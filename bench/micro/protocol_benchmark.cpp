#include "rtpproxy/protocol/parse_command.hpp"
#include "rtpproxy/protocol/reply.hpp"

#include "micro/allocation_meter.hpp"

#include <boost/asio/ip/address.hpp>

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

namespace rtpproxy::bench {
namespace {

local_address_ptr loopback() {
    return std::make_shared<const local_address>(
        local_address{boost::asio::ip::make_address("127.0.0.1"), {}, {}});
}

void parse(benchmark::State& state, std::string_view text) {
    local_addresses addresses({loopback()});
    const parse_context context{addresses, [](const auto&) { return std::nullopt; }};
    const allocation_meter meter{state};
    for (auto _ : state)
        benchmark::DoNotOptimize(parse_command(text, context));
}
BENCHMARK_CAPTURE(parse, update, "U 843c817d5a5c1e1f-24601@192.0.2.10 192.0.2.20 40000 5bf2c3a1;1");
BENCHMARK_CAPTURE(parse, lookup, "L 843c817d5a5c1e1f-24601@192.0.2.10 192.0.2.30 50000 5bf2c3a1;1 8a1f7c;1");
BENCHMARK_CAPTURE(parse, remove, "D 843c817d5a5c1e1f-24601@192.0.2.10 5bf2c3a1 8a1f7c");
BENCHMARK_CAPTURE(parse, refused, "U? 843c817d5a5c1e1f-24601@192.0.2.10 192.0.2.20 40000 5bf2c3a1;1");

void split_cookie(benchmark::State& state) {
    const std::string datagram = "20441_5 U 843c817d5a5c1e1f-24601@192.0.2.10 192.0.2.20 40000 5bf2c3a1;1";
    const allocation_meter meter{state};
    for (auto _ : state)
        benchmark::DoNotOptimize(rtpproxy::split_cookie(datagram));
}
BENCHMARK(split_cookie);

void format_reply(benchmark::State& state) {
    const auto local = loopback();
    const allocation_meter meter{state};
    for (auto _ : state)
        benchmark::DoNotOptimize(format_port(40000, *local));
}
BENCHMARK(format_reply);

}  // namespace
}  // namespace rtpproxy::bench
