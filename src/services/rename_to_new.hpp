#pragma once

#include <filesystem>
#include <system_error>

namespace rtpproxy {

/// Renames `file` to `target`, which stays as it is if it exists (`file_exists`), whoever made it when. On
/// file systems that can neither rename that way nor make hard links another program could still come
/// between.
/// @returns what failed; `file` has its name then.
[[nodiscard]] std::error_code rename_to_new(const std::filesystem::path& file,
                                            const std::filesystem::path& target) noexcept;

}  // namespace rtpproxy
