#include "micro/allocation_meter.hpp"
#include "support/allocation_count.hpp"

#include <benchmark/benchmark.h>

std::size_t rtpproxy::bench::allocations_so_far() noexcept {
    return test::allocations;
}

int main(int argc, char** argv) {
    rtpproxy::test::start_counting_allocations();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
