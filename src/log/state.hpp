#pragma once

#include "rtpproxy/log/sinks.hpp"

#include <atomic>
#include <cstdint>

namespace rtpproxy::log {

/// What call sites, output threads and signal handlers share. Lock-free throughout.
struct shared_state {
    std::atomic<int> outputs{0};  ///< open ones; 0 before start() and after stop()
    std::atomic<int> pending{0};  ///< lines on their way, counted once for each output
    std::atomic<line_format> format{line_format::text};

    std::atomic<std::int64_t> lines_a_second{usual_lines_a_second};  // of the rate limit
    std::atomic<std::uint64_t> rate_limited{0};
    std::atomic<std::uint64_t> overflowed{0};
    std::atomic<std::uint64_t> unwritable{0};
};

inline shared_state state;

/// Makes the outputs of `write_from_signal_handler` those of `wanted`, and takes them away again.
void open_emergency_outputs(const configuration& wanted);
void close_emergency_outputs() noexcept;

}  // namespace rtpproxy::log
