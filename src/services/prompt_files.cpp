#include "rtpproxy/services/prompt_files.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

namespace rtpproxy {
namespace {

namespace fs = std::filesystem;

prompt_failure system_failure(std::string_view name, int error) {
    return {.missing = error == ENOENT || error == ENOTDIR,
            .reason = fmt::format("{}: {}", name, std::generic_category().message(error))};
}

/// Both are canonical.
bool is_below(std::string_view path, std::string_view directory) {
    if (directory == "/") return true;
    return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

/// Where `path` leads, links followed; empty, with the reason in errno, when it leads nowhere. Not by
/// std::filesystem, whose paths break when memory runs out.
std::string follow_links(const std::string& path) {
    const auto free_it = [](char* text) { std::free(text); };
    const std::unique_ptr<char, decltype(free_it)> resolved{::realpath(path.c_str(), nullptr), free_it};
    return resolved ? std::string{resolved.get()} : std::string{};
}

file_version version_of(const struct stat& status) {
    return {.device = status.st_dev,
            .inode = status.st_ino,
            .octets = static_cast<std::uint64_t>(status.st_size),
            .modified_seconds = status.st_mtim.tv_sec,
            .modified_nanoseconds = status.st_mtim.tv_nsec};
}

}  // namespace

prompt_files prompt_files::below(const fs::path& directory) {
    prompt_files files;
    files.directory_ = fs::canonical(directory);
    static_cast<void>(fs::directory_iterator(files.directory_));  // throws unless it is a readable directory
    return files;
}

prompt_files prompt_files::none(std::string reason) {
    prompt_files files;
    files.closed_ = std::move(reason);
    return files;
}

boost::system::result<prompt_file, prompt_failure> prompt_files::open(const std::string& name) const {
    if (!closed_.empty()) return prompt_failure{.missing = false, .reason = closed_};

    // 1. Where the name leads, links followed. Nothing but the directory's owner can change that meanwhile.
    std::string path = name;
    if (!directory_.empty()) {
        path = follow_links(name.starts_with('/') ? name : directory_.native() + '/' + name);
        if (path.empty()) return system_failure(name, errno);
        if (!is_below(path, directory_.native()))
            return prompt_failure{.missing = false, .reason = fmt::format("{}: is not in prompt_dir", name)};
    }

    // 2. Opening a pipe or a device must not wait for somebody.
    const int to_the_file_itself = directory_.empty() ? 0 : O_NOFOLLOW;
    unique_fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | to_the_file_itself));
    struct stat status {};
    if (!opened || ::fstat(opened.get(), &status) != 0) return system_failure(name, errno);
    if (!S_ISREG(status.st_mode))
        return prompt_failure{.missing = false, .reason = fmt::format("{}: is not a regular file", name)};
    return prompt_file{.descriptor = std::move(opened), .version = version_of(status), .name = name};
}

boost::system::result<std::vector<std::byte>, prompt_failure> read_all(const prompt_file& file,
                                                                       std::size_t limit) {
    std::vector<std::byte> octets;
    constexpr std::size_t step = 256 * 1024;
    while (octets.size() <= limit) {
        const auto filled = octets.size();
        octets.resize(filled + std::min(step, limit + 1 - filled));
        const auto got = ::read(file.descriptor.get(), octets.data() + filled, octets.size() - filled);
        if (got < 0 && errno != EINTR) return system_failure(file.name, errno);
        octets.resize(filled + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) return octets;
    }
    return prompt_failure{.missing = false,
                          .reason = fmt::format("{}: has more than {} octets", file.name, limit)};
}

}  // namespace rtpproxy
