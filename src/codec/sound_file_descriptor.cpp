#include "sound_file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace rtpproxy {

namespace {

std::string system_message(const std::string& name) {
    return name + ": " + std::generic_category().message(errno);
}

}  // namespace

boost::system::result<unique_fd, std::string> require_regular_file(unique_fd file, const std::string& name) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_message(name);
    if (!S_ISREG(status.st_mode)) return name + ": not a regular file";
    return file;
}

boost::system::result<unique_fd, std::string> open_regular_file(const std::filesystem::path& path) {
    unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!file) return system_message(path.string());
    return require_regular_file(std::move(file), path.string());
}

}  // namespace rtpproxy
