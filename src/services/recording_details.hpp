#pragma once

#include "rtpproxy/capture/captured_packet.hpp"
#include "rtpproxy/services/recording.hpp"

#include <string>

namespace rtpproxy {

/// When a recording began and ended.
struct recording_times {
    wall_time begun;
    wall_time ended;
};

/// What the JSON file next to a finished recording says about it. `of` is closed, `lost` are the packets left
/// out.
[[nodiscard]] std::string describe_recording(const recording& of, recording_format format,
                                             const recording_times& times, std::uint64_t lost);

}  // namespace rtpproxy
