#pragma once

#include <filesystem>
#include <string>

namespace rtpproxy {

/// `directory/name`. Takes the place of the operator of std::filesystem::path where memory may run short:
/// that of libstdc++ leaves a broken path behind then.
[[nodiscard]] inline std::filesystem::path path_in(const std::filesystem::path& directory,
                                                   const std::string& name) {
    return std::filesystem::path{directory.native() + '/' + name};
}

}  // namespace rtpproxy
