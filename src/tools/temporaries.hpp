#pragma once

#include <filesystem>

namespace rtpproxy {

/// Remembers a temporary file that has to go when a signal ends the program. The path's buffer must stay
/// where it is until forget_temporary(). Those beyond the first 64 are not remembered.
void remember_temporary(const std::filesystem::path& path) noexcept;

/// To be called before the path is changed or the file is renamed.
void forget_temporary(const std::filesystem::path& path) noexcept;

}  // namespace rtpproxy
