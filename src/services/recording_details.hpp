#pragma once

#include "rtpproxy/capture/captured_packet.hpp"
#include "rtpproxy/services/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rtpproxy {

/// When a recording began and ended.
struct recording_times {
    wall_time begun;
    wall_time ended;
};

/// The encoding name of a static payload type that calls have (RFC 3551 §6); empty for every other type.
[[nodiscard]] std::string_view name_of_payload_type(std::size_t type) noexcept;

/// What the JSON file next to a finished recording says about it. `of` is closed, `lost` are the packets left
/// out.
[[nodiscard]] std::string describe_recording(const recording& of, recording_format format,
                                             const recording_times& times, std::uint64_t lost);

}  // namespace rtpproxy
