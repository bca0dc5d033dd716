#pragma once

#include <filesystem>
#include <optional>

namespace rtpproxy {

/// The JSON file that rtpproxy left beside a recording, and that names `capture` among its files; nothing if
/// there is none. Another JSON file of such a name is not taken for one.
[[nodiscard]] std::optional<std::filesystem::path> find_recording_details(
    const std::filesystem::path& capture);

}  // namespace rtpproxy
