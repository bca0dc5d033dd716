#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

namespace rtpproxy {

/// What `makeann` is to do.
struct makeann_options {
    std::filesystem::path input;
    std::string output;                  ///< names of the prompts without the dot and the payload type
    std::optional<std::uint64_t> limit;  ///< samples at 8 kHz
    bool loops = false;                  ///< the input begins anew until the limit
    bool raw = false;                    ///< no look at the header: the input is raw samples
    bool suppresses_silence = false;     ///< G.729 annex B
};

/// Encodes the input for every codec of this build that has a static payload type: `output`.0 (PCMU), .3
/// (GSM), .8 (PCMA), .9 (G.722) and .18 (G.729). Either all of these files are there afterwards or all are as
/// before.
///
/// Input is raw signed 16 bit little-endian samples, mono, 8 kHz, or any file libsndfile reads. A last piece
/// shorter than 20 ms is filled up with silence, except for PCMU and PCMA. Says in `notes` which codecs are
/// left out.
/// @returns a message for people when something fails.
[[nodiscard]] boost::system::result<void, std::string> make_announcements(const makeann_options& options,
                                                                          std::ostream& notes);

/// The program: reads the arguments, makes the prompts, says on `err` what is wrong. @returns its exit code.
[[nodiscard]] int run_makeann(int argc, char** argv, std::ostream& out, std::ostream& err);

}  // namespace rtpproxy
