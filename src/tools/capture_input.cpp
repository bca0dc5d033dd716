#include "capture_input.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace rtpproxy {

namespace {

std::string message_of(const std::filesystem::path& path, int number) {
    return path.string() + ": " + std::generic_category().message(number);
}

}  // namespace

capture_input::capture_input(std::filesystem::path path, std::unique_ptr<std::ifstream> file)
    : path_(std::move(path)), file_(std::move(file)), reader_(*file_) {}

boost::system::result<capture_input, std::string> capture_input::open(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return message_of(path, EISDIR);
    errno = 0;
    auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
    if (!file->is_open()) return message_of(path, errno != 0 ? errno : ENOENT);
    return capture_input{path, std::move(file)};
}

capture_input::next_packet capture_input::next() {
    auto packet = reader_.next();
    if (file_->bad()) return failure{message_of(path_, EIO), false};
    if (packet) return *packet;
    const auto& error = packet.error();
    return failure{path_.string() + ": offset " + std::to_string(error.offset) + ": " + error.reason,
                   error.truncated};
}

}  // namespace rtpproxy
