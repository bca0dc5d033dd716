#pragma once

#include "rtpproxy/tools/extract_options.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>

namespace rtpproxy {

/// Exit codes of `extractaudio`.
enum class extract_outcome : int {
    done = 0,
    failed = 1,
    no_output = 2,
    silence = 3,  ///< the output was made, but nothing in the captures could be decoded
};

/// Makes the sound file `options` ask for, or counts packets. Either the output and all of its links are
/// there afterwards, or all are as before; captures are only deleted once the output is complete and has
/// sound. If the output is the null device, there is none: that is for what is told about the captures.
///
/// Writes what is known about each capture to `out`, messages to `err`. `on_progress` hears how many seconds
/// are done, once a minute of audio. Memory does not depend on the captures' length. Disk space: at most 24
/// hours of audio.
[[nodiscard]] extract_outcome extract_audio(const extract_options& options, std::ostream& out,
                                            std::ostream& err,
                                            const std::function<void(std::uint64_t)>& on_progress = {});

/// The program. @returns its exit code.
[[nodiscard]] int run_extractaudio(int argc, char** argv, std::ostream& out, std::ostream& err);

}  // namespace rtpproxy
