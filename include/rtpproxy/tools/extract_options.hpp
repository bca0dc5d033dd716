#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rtpproxy {

/// One capture to extract audio from.
struct capture_source {
    std::filesystem::path path;
    std::string crypto;  ///< see rtp_decryptor::make(); empty: not encrypted
};

/// What `extractaudio` is to do.
struct extract_options {
    std::optional<capture_source> answer;     ///< what the callee sent; left
    std::optional<capture_source> originate;  ///< what the caller sent; right
    std::filesystem::path output;
    std::vector<std::filesystem::path> links;
    std::string file_format = "wav";
    std::string data_format = {};  ///< empty: as `-D` says
    bool count_only = false;
    bool delete_inputs = false;  ///< with the JSON files beside them
    bool idle_priority = false;
    bool gapless = false;
    bool stereo = false;
    bool needs_all = false;
    bool salvages = false;
};

/// Reads the arguments of `extractaudio`.
/// @returns the options, or the exit code after it said on `out` or `err` why nothing is to be done.
[[nodiscard]] std::variant<extract_options, int> read_extract_options(int argc, char** argv,
                                                                      std::ostream& out, std::ostream& err);

}  // namespace rtpproxy
