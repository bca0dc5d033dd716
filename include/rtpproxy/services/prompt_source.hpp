#pragma once

#include "rtpproxy/services/prompt.hpp"
#include "rtpproxy/services/prompt_files.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>

namespace rtpproxy {

/// The file that a prompt is made from.
struct prompt_source {
    prompt_file file;
    bool is_sound = false;  ///< to be decoded and encoded; false: raw frames
};

/// Opens what the prompt `name` is made from in that format: `<name>.<payload type>`, where frames can be
/// joined, or else, when this build encodes the format, the sound file `<name>.wav` or `<name>`. The first
/// that exists is the one. May block.
[[nodiscard]] boost::system::result<prompt_source, prompt_failure> open_source(const prompt_files& files,
                                                                               const std::string& name,
                                                                               const frame_format& format);

/// Reads, and encodes, all of it. Errors: unreadable, no sound file, more than `limit` octets of media. Takes
/// as long as the disk and the codec do.
[[nodiscard]] boost::system::result<prompt_ptr, prompt_failure> read_prompt(prompt_source source,
                                                                            const frame_format& format,
                                                                            std::size_t limit);

}  // namespace rtpproxy
