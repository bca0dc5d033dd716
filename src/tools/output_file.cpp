#include "rtpproxy/tools/output_file.hpp"

#include "temporaries.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace rtpproxy {

namespace {

namespace fs = std::filesystem;

std::string system_message(const fs::path& path) {
    return path.string() + ": " + std::generic_category().message(errno);
}

/// What is wrong with `path` as a name for a file; empty when nothing is.
std::string objection_to(const fs::path& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::exists(status) && !fs::is_regular_file(status)) return path.string() + ": not a regular file";
    if (fs::is_symlink(fs::symlink_status(path, error)) && !fs::exists(status))
        return path.string() + ": symbolic link that leads nowhere";
    return {};
}

/// Where the file will really be.
fs::path destination_of(const fs::path& path) {
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
    return fs::canonical(path, error);
}

fs::path temporary_name(const fs::path& path) {
    return path.parent_path() / ("." + path.filename().string().substr(0, 200) + ".XXXXXX");
}

/// What open(2) would give a new file.
mode_t new_file_mode() noexcept {
    const auto mask = ::umask(0);
    ::umask(mask);
    return 0666U & ~mask;
}

}  // namespace

output_file::output_file(fs::path path, fs::path temporary, unique_fd file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {
    remember_temporary(temporary_);
}

output_file::output_file(output_file&& other) noexcept
    : path_(std::move(other.path_)), file_(std::move(other.file_)) {
    forget_temporary(other.temporary_);
    temporary_ = std::exchange(other.temporary_, {});
    remember_temporary(temporary_);
}

output_file& output_file::operator=(output_file&& other) noexcept {
    if (this == &other) return *this;
    forget_temporary(temporary_);
    forget_temporary(other.temporary_);
    std::swap(path_, other.path_);
    std::swap(temporary_, other.temporary_);
    std::swap(file_, other.file_);
    if (!temporary_.empty()) remember_temporary(temporary_);
    if (!other.temporary_.empty()) remember_temporary(other.temporary_);
    return *this;
}

output_file::~output_file() {
    if (temporary_.empty()) return;
    forget_temporary(temporary_);
    ::unlink(temporary_.c_str());
}

output_file::result<output_file> output_file::create(const fs::path& path) {
    if (auto objection = objection_to(path); !objection.empty()) return objection;
    auto destination = destination_of(path);
    auto name = temporary_name(destination).string();
    unique_fd file{::mkostemp(name.data(), O_CLOEXEC)};
    if (!file) return system_message(path);
    return output_file{std::move(destination), name, std::move(file)};
}

output_file::result<output_file> output_file::create_link(const output_file& original, const fs::path& path) {
    auto placeholder = create(path);
    if (!placeholder) return placeholder.error();
    // mkostemp() found a free name; link() takes only names that are free again.
    const auto name = placeholder->temporary_;
    if (::unlink(name.c_str()) != 0 || ::link(original.temporary_.c_str(), name.c_str()) != 0)
        return system_message(path);
    placeholder->file_ = unique_fd{};
    return std::move(*placeholder);
}

output_file::result<void> output_file::commit() {
    if (file_ && ::fchmod(file_.get(), new_file_mode()) != 0) return system_message(path_);
    forget_temporary(temporary_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return system_message(path_);
    temporary_.clear();
    return {};
}

boost::system::result<void, std::string> commit_all(std::vector<output_file>& files) {
    for (auto& file : files)
        if (auto committed = file.commit(); !committed) return committed;
    return {};
}

}  // namespace rtpproxy
