#include "rename_to_new.hpp"

#include "disk_health.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace rtpproxy {
namespace {

std::error_code result_of(int failed) noexcept {
    return failed == 0 ? std::error_code{} : last_system_error();
}

}  // namespace

std::error_code rename_to_new(const std::filesystem::path& file,
                              const std::filesystem::path& target) noexcept {
    auto error = result_of(::renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE));
    if (error != std::errc::invalid_argument && error != std::errc::function_not_supported) return error;
    error = result_of(::link(file.c_str(), target.c_str()));
    if (!error) return result_of(::unlink(file.c_str()));
    if (error != std::errc::operation_not_permitted && error != std::errc::operation_not_supported)
        return error;
    struct stat status {};
    if (::lstat(target.c_str(), &status) == 0) return std::make_error_code(std::errc::file_exists);
    return result_of(::rename(file.c_str(), target.c_str()));
}

}  // namespace rtpproxy
